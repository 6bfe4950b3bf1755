import { Card, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Destination } from './destination.ts';

/** What a section of the form is given: all that is chosen so far, and how to change some of it. */
export interface SectionProps {
  form: Destination;
  change: (part: Partial<Destination>) => void;
}

/** One part of the form, under a title of its own. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <Card withBorder component="section">
      <Title order={2} mb={text === undefined ? 'sm' : 4}>
        {title}
      </Title>
      {text === undefined ? null : (
        <Text size="sm" c="dimmed" mb="sm">
          {text}
        </Text>
      )}
      <Stack>{children}</Stack>
    </Card>
  );
}

import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Mark, SchemeButton } from '../../frame/frame.tsx';
import { LanguageChoice } from './language-choice.tsx';

/** The frame of pages for somebody who is not signed in. */
export function Door({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Postrider`;
  }, [title]);
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w={420} maw="100%" gap="lg">
        <Group justify="space-between">
          <Group gap="xs">
            <Mark />
            <Text fw={700} size="lg">
              Postrider
            </Text>
          </Group>
          <Group gap={4}>
            <LanguageChoice />
            <SchemeButton />
          </Group>
        </Group>
        <Paper withBorder p="xl" shadow="xs">
          <Stack>
            <Title order={1}>{title}</Title>
            {text === undefined ? null : <Text c="dimmed">{text}</Text>}
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}

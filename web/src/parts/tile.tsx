import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './tile.module.css';

/** One number that matters, and what it counts. */
export function Tile({ label, value, hint }: { label: ReactNode; value: string; hint?: ReactNode }) {
  return (
    <Paper withBorder p="md" className={classes.tile}>
      <Text size="sm" c="dimmed" component="div">
        {label}
      </Text>
      <Text className={classes.value}>{value}</Text>
      {hint === undefined ? null : (
        <Text size="sm" c="dimmed" component="div">
          {hint}
        </Text>
      )}
    </Paper>
  );
}

export function Tiles({ children }: { children: ReactNode }) {
  return <div className={classes.tiles}>{children}</div>;
}

import { Badge } from '@mantine/core';
import { useWord } from '../language/use-word.ts';

const colors: Readonly<Record<string, string>> = {
  succeeded: 'green',
  warnings: 'yellow',
  stopped: 'orange',
  failed: 'red',
  running: 'blue',
  retrying: 'blue',
  queued: 'gray',
  planned: 'gray',
  skipped: 'yellow',
  cancelled: 'gray',
  active: 'green',
  draft: 'gray',
  inactive: 'gray',
  paused: 'orange',
  notRun: 'gray',
  noConnection: 'orange',
};

/** In which state something is, said in words and not by its colour alone. */
export function StatusBadge({ status }: { status: string }) {
  const word = useWord();
  return (
    <Badge color={colors[status] ?? 'gray'} variant="dot" tt="none" fw={500} miw="max-content">
      {word(`status.${status}`, status)}
    </Badge>
  );
}

import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Task } from '../api/answers.ts';
import { answerOf, api } from '../api/client.ts';
import { isOver, useTask } from '../api/use-task.ts';
import { useFormat } from '../language/format.ts';
import { useWord } from '../language/use-word.ts';
import { ProblemNote } from './states.tsx';

/**
 * Work as it goes on: what is done of how much, how fast, when it will be over, and the way to end it.
 * @param waits as `useTask` takes it
 * @param onEnd called once with how it ended
 */
export function TaskNote({
  id,
  waits = false,
  onEnd,
}: {
  id: string;
  waits?: boolean;
  onEnd?: (task: Task) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const word = useWord();
  const task = useTask(id, waits);
  const pace = usePace(task);
  const told = useRef<string>(undefined);
  const ended = useRef(onEnd);
  ended.current = onEnd;
  useEffect(() => {
    if (task === undefined || !isOver(task) || told.current === task.id) return;
    told.current = task.id;
    ended.current?.(task);
  }, [task]);
  const cancel = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/tasks/{id}/cancel', { params: { path: { id } } })),
  });
  if (task === undefined) return null;
  if (isOver(task)) {
    const { problem } = task;
    if (problem === undefined || task.status === 'stopped') return null;
    return (
      <Alert color="red" title={t(`task.${task.kind}`)} role="alert">
        {problem.message} {problem.hint}
      </Alert>
    );
  }
  const { done, total, sentence, stage } = task.progress;
  // As in `source crm`: a kind, and which of them.
  const [kind = '', ...which] = task.progress.what?.split(' ') ?? [];
  const what = kind === '' ? undefined : [word(`task.counted.${kind}`, kind), ...which].join(' ');
  const share = done !== undefined && total !== undefined && total > 0 ? done / total : undefined;
  const left =
    pace === undefined || total === undefined || done === undefined ? undefined : (total - done) / pace;
  return (
    <Alert color="blue" title={t(`task.${task.kind}`)} role="status">
      <Stack gap="xs">
        <Text size="sm">
          {task.status === 'queued'
            ? t('task.queued')
            : [
                stage === undefined ? undefined : word(`stage.${stage}`, stage),
                what === undefined || done === undefined
                  ? undefined
                  : total === undefined
                    ? `${what}: ${format.number(done)}`
                    : t('task.of', { what, done: format.number(done), total: format.number(total) }),
                sentence,
                pace === undefined
                  ? undefined
                  : t('task.pace', { count: Math.round(pace), shown: format.number(Math.round(pace)) }),
                left === undefined ? undefined : t('task.left', { time: format.duration(Math.round(left)) }),
              ]
                .filter((part) => part !== undefined)
                .join(' · ')}
        </Text>
        <Progress
          value={share === undefined ? 100 : share * 100}
          animated={share === undefined}
          aria-label={t(`task.${task.kind}`)}
        />
        {cancel.error === null ? null : <ProblemNote error={cancel.error} />}
        <Group justify="flex-end">
          <Button
            size="xs"
            variant="default"
            loading={cancel.isPending || task.cancelAt !== undefined}
            onClick={() => cancel.mutate()}
          >
            {t('act.cancel')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** How many a second, of what is counted now and since this page has seen it counted; undefined before that is known. */
function usePace(task: Task | undefined): number | undefined {
  const since = useRef<{ counted: string; done: number; at: number }>(undefined);
  const { what, stage, done } = task?.progress ?? {};
  if (task?.status !== 'running' || what === undefined || done === undefined) return undefined;
  const counted = `${stage ?? ''} ${what}`;
  const begin = since.current;
  if (begin === undefined || begin.counted !== counted || done < begin.done) {
    since.current = { counted, done, at: Date.now() };
    return undefined;
  }
  const seconds = (Date.now() - begin.at) / 1000;
  const pace = (done - begin.done) / seconds;
  // Of a second or two nothing can be told.
  return seconds > 2 && pace > 0 ? pace : undefined;
}

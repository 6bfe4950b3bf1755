import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Task } from './answers.ts';
import { taskQuery } from './queries.ts';

const askAgainMs = 5_000;
const changedByTasks = ['exports', 'runs', 'tasks', 'segments', 'sources', 'schedule'];

/** Whether nothing more comes of a piece of work. */
export function isOver({ status }: Pick<Task, 'status'>): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'retrying';
}

/**
 * A piece of work as it goes on: the server tells each change, up to its end. What a task may have changed is asked for
 * anew when it is over.
 * @param waits whether it only waits in a list of others: it is asked for now and then, for a browser holds six
 *   connections to a server, and each story that is listened to takes one
 */
export function useTask(id: string | undefined, waits = false) {
  const client = useQueryClient();
  // Of which task the story broke off for good, as where a proxy answers while the server starts anew.
  const [broken, setBroken] = useState<string>();
  const listens = id !== undefined && !waits && broken !== id;
  const { data: task } = useQuery({
    ...taskQuery(id ?? ''),
    enabled: id !== undefined,
    staleTime: Infinity,
    refetchInterval: ({ state: { data } }) =>
      listens || (data !== undefined && isOver(data)) ? false : askAgainMs,
  });
  useEffect(() => {
    if (!listens) return undefined;
    const events = new EventSource(`/api/v1/tasks/${encodeURIComponent(id)}/events`);
    events.addEventListener('task', ({ data }: MessageEvent<string>) => {
      const told = JSON.parse(data) as Task;
      client.setQueryData(taskQuery(id).queryKey, told);
      if (isOver(told)) events.close();
    });
    events.addEventListener('end', () => events.close());
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) setBroken(id);
    });
    return () => events.close();
  }, [id, listens, client]);
  const status = task?.status;
  useEffect(() => {
    if (status === undefined) return;
    // Lists say of what waits and of what goes on which it is.
    const keys = isOver({ status }) ? changedByTasks : ['exports'];
    for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
  }, [id, status, client]);
  return task;
}

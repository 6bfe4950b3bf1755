import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Task } from './answers.ts';
import { taskQuery } from './queries.ts';

/** Whether nothing more comes of a piece of work. */
export function isOver({ status }: Pick<Task, 'status'>): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'retrying';
}

/**
 * A piece of work as it goes on: the server tells each change, up to its end. What a task may have changed is asked for
 * anew when it is over.
 */
export function useTask(id: string | undefined) {
  const client = useQueryClient();
  useEffect(() => {
    if (id === undefined) return undefined;
    const events = new EventSource(`/api/v1/tasks/${encodeURIComponent(id)}/events`);
    events.addEventListener('task', ({ data }: MessageEvent<string>) => {
      const task = JSON.parse(data) as Task;
      const before = client.getQueryData(taskQuery(id).queryKey)?.status;
      client.setQueryData(taskQuery(id).queryKey, task);
      if (!isOver(task)) {
        // Lists say of what waits and of what goes on which it is.
        if (before !== task.status) void client.invalidateQueries({ queryKey: ['exports'] });
        return;
      }
      events.close();
      for (const key of ['exports', 'runs', 'tasks', 'segments', 'sources', 'schedule']) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    });
    events.addEventListener('end', () => events.close());
    return () => events.close();
  }, [id, client]);
  return useQuery({ ...taskQuery(id ?? ''), enabled: id !== undefined, staleTime: Infinity }).data;
}

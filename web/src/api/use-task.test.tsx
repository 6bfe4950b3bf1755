// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useTask } from './use-task.ts';

/** The server's story of a task, told by the test. */
class Story extends EventTarget {
  static readonly CLOSED = 2;
  static told: Story[] = [];
  readyState = 1;
  constructor() {
    super();
    Story.told.push(this);
  }
  tell(task: object): void {
    this.dispatchEvent(new MessageEvent('task', { data: JSON.stringify(task) }));
  }
  breakOff(): void {
    this.close();
    this.dispatchEvent(new Event('error'));
  }
  close(): void {
    this.readyState = Story.CLOSED;
  }
}

const taskOf = (status: string) => ({ id: 't1', kind: 'run', status, progress: {} });
// The client takes what asks the server as soon as it is imported.
const server = vi.hoisted(() => {
  const state = { task: {} };
  globalThis.fetch = async () => Response.json(state.task);
  return state;
});

beforeEach(() => {
  vi.useFakeTimers();
  Story.told = [];
  server.task = taskOf('queued');
  vi.stubGlobal('EventSource', Story);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function watch(waits: boolean) {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const hook = renderHook((props: { waits: boolean }) => useTask('t1', props.waits), {
    wrapper,
    initialProps: { waits },
  });
  return { ...hook, status: () => hook.result.current?.status };
}
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

test('a task that waits takes no connection, and is heard once it goes on', async () => {
  const { status, rerender } = watch(true);
  await pass(10);
  expect(status()).toBe('queued');
  server.task = taskOf('running');
  await pass(5_000);
  expect(status()).toBe('running');
  expect(Story.told).toHaveLength(0);
  rerender({ waits: false });
  server.task = taskOf('succeeded');
  Story.told[0]?.tell(server.task);
  await pass(10);
  expect(status()).toBe('succeeded');
  expect(Story.told[0]?.readyState).toBe(Story.CLOSED);
});

test('a story that breaks off for good is asked for up to its end', async () => {
  const { status } = watch(false);
  Story.told[0]?.tell(taskOf('running'));
  await pass(10);
  server.task = taskOf('succeeded');
  act(() => Story.told[0]?.breakOff());
  await pass(5_010);
  expect(status()).toBe('succeeded');
  expect(Story.told).toHaveLength(1);
});

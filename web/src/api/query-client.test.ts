// @vitest-environment jsdom
import { focusManager, onlineManager, QueryObserver } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { openQueryClient } from './query-client.ts';

test('whoever comes back to the window asks for nothing again', async () => {
  vi.useFakeTimers();
  const client = openQueryClient();
  client.mount();
  const asked = vi.fn<() => Promise<string>>(async () => 'people');
  const stop = new QueryObserver(client, { queryKey: ['people'], queryFn: asked }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  focusManager.setFocused(false);
  focusManager.setFocused(true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveBeenCalledTimes(1);
  // A network that was gone is another thing: nobody knows what was missed.
  onlineManager.setOnline(false);
  onlineManager.setOnline(true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveBeenCalledTimes(2);
  stop();
  client.unmount();
  vi.useRealTimers();
});

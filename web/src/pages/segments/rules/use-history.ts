import { useCallback, useState } from 'react';

interface History<State> {
  past: readonly State[];
  now: State;
  future: readonly State[];
}

const remembered = 100;

const withoutIds = (state: unknown): string =>
  JSON.stringify(state, (key, value: unknown) => (key === 'id' ? undefined : value));

/** A state that can be taken back step by step, and forward again. */
export function useHistory<State>(begin: State) {
  const [history, setHistory] = useState<History<State>>({ past: [], now: begin, future: [] });
  const change = useCallback((next: State) => {
    setHistory(({ past, now, future }) =>
      // An editor says what it holds when it begins, with ids of its own: nobody has done anything, and what was taken
      // back can still come again.
      withoutIds(next) === withoutIds(now)
        ? { past, now: next, future }
        : { past: [...past.slice(-remembered), now], now: next, future: [] },
    );
  }, []);
  const undo = useCallback(() => {
    setHistory(({ past, now, future }) => {
      const last = past.at(-1);
      return last === undefined
        ? { past, now, future }
        : { past: past.slice(0, -1), now: last, future: [now, ...future] };
    });
  }, []);
  const redo = useCallback(() => {
    setHistory(({ past, now, future }) => {
      const [next, ...rest] = future;
      return next === undefined ? { past, now, future } : { past: [...past, now], now: next, future: rest };
    });
  }, []);
  return {
    now: history.now,
    change,
    undo,
    redo,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}

// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';
import { useHistory } from './use-history.ts';

const begin = { rules: [] as { id?: string; field: string }[] };
const one = { rules: [{ field: 'age' }] };
const two = { rules: [{ field: 'age' }, { field: 'country' }] };

test('goes back and forth step by step', () => {
  const { result } = renderHook(() => useHistory(begin));
  act(() => result.current.change(one));
  act(() => result.current.change(two));
  act(() => result.current.undo());
  expect(result.current.now).toEqual(one);
  act(() => result.current.undo());
  expect(result.current).toMatchObject({ now: begin, canUndo: false });
  act(() => result.current.redo());
  act(() => result.current.redo());
  expect(result.current).toMatchObject({ now: two, canRedo: false });
});

test('an editor that begins anew and says what it holds takes nothing away', () => {
  const { result } = renderHook(() => useHistory(begin));
  act(() => result.current.change(one));
  act(() => result.current.change(two));
  act(() => result.current.undo());
  act(() => result.current.change({ rules: [{ id: 'r1', field: 'age' }] }));
  act(() => result.current.redo());
  expect(result.current.now).toEqual(two);
});

test('what is done after an undo takes the place of what was undone', () => {
  const { result } = renderHook(() => useHistory(begin));
  act(() => result.current.change(one));
  act(() => result.current.undo());
  act(() => result.current.change(two));
  expect(result.current.canRedo).toBe(false);
});

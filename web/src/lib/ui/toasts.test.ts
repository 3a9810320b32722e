import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts, type Toast } from './toasts.svelte';

const texts = () => toasts.items.map(({ text }) => text);
const last = () => toasts.items.at(-1) as Toast;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const { id } of toasts.items) toasts.dismiss(id);
  vi.useRealTimers();
});

describe('messages at the edge of the screen', () => {
  it('stay longer with something to press, and are never more than three', () => {
    for (const text of ['a', 'b', 'c', 'd']) toasts.say(text);
    expect(texts()).toEqual(['b', 'c', 'd']);
    toasts.say('e', { undo: () => {} });
    vi.advanceTimersByTime(5_000);
    expect(texts()).toEqual(['e']);
    vi.advanceTimersByTime(5_000);
    expect(texts()).toEqual([]);
  });

  it('stay while they are pointed at or focused, whichever ends last', () => {
    toasts.say('a');
    const toast = last();
    toasts.hold(toast.id);
    toasts.hold(toast.id);
    toasts.release(toast);
    vi.advanceTimersByTime(60_000);
    expect(texts()).toEqual(['a']);
    toasts.release(toast);
    vi.advanceTimersByTime(4_000);
    // Pointed at again: what was begun when it was released does not go on.
    toasts.hold(toast.id);
    vi.advanceTimersByTime(60_000);
    expect(texts()).toEqual(['a']);
    toasts.release(toast);
    vi.advanceTimersByTime(5_000);
    expect(texts()).toEqual([]);
  });

  it('take back what was done last, once', () => {
    const undone: string[] = [];
    toasts.say('a', { undo: () => undone.push('a') });
    toasts.say('b', { undo: () => undone.push('b') });
    toasts.say('c');
    expect([toasts.undoLast(), toasts.undoLast(), toasts.undoLast()]).toEqual([true, true, false]);
    expect([undone, texts()]).toEqual([['b', 'a'], ['c']]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Row } from './rows';
import { Triage } from './triage.svelte';

/** The first of the alphabet is the most recent. */
const row = (id: string): Row => ({
  delivery: { id, scheduled_at: `2026-11-${99 - id.charCodeAt(0) + 10}` } as Row['delivery'],
  group: 'failed',
  excerpt: id,
  editable: true
});
const told = (triage: Triage, fresh: Row[]) =>
  triage.shown(fresh).map((one) => [one.delivery.id, one.said].filter(Boolean).join(': '));

describe('working through the inbox', () => {
  it('keeps what was decided on the screen and says what happened', () => {
    const triage = new Triage();
    triage.keep(row('a'), 'Tried again.');
    expect(told(triage, [row('a'), row('b')])).toEqual(['a: Tried again.', 'b']);
    triage.note([row('b')]);
    // In its old place, so that nothing moves below the pointer.
    expect(told(triage, [row('b')])).toEqual(['a: Tried again.', 'b']);
  });

  it('lets what comes back wait again', () => {
    const triage = new Triage();
    triage.keep(row('a'), 'Tried again.');
    // Looked up before the decision took effect: it has not come back, it has not left yet.
    triage.note([row('a')]);
    expect(told(triage, [row('a')])).toEqual(['a: Tried again.']);
    triage.note([]);
    triage.note([row('a')]);
    expect(told(triage, [row('a')])).toEqual(['a']);
  });
});

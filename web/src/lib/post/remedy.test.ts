import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '$lib/api';
import { BY_CHANGE, BY_CLASS, BY_CODE, fieldOf, isEditable, others, remedy } from './remedy';

const read = (path: string): string => readFileSync(resolve(process.cwd(), '..', path), 'utf8');

/** The first cells of the table below a heading of `docs/errors.md`. */
function rows(heading: string): string[] {
  const section = read('docs/errors.md')
    .split('\n## ')
    .find((text) => text.startsWith(`${heading}\n`));
  const lines = (section ?? '').split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|--'));
  return lines.slice(1).map((line) => (line.split('|')[1] ?? '').trim().replaceAll('`', ''));
}

/** The codes of a section of the server's messages. */
function codes(section: string): string[] {
  const text = read('locales/en.ftl')
    .split('\n## ')
    .find((part) => part.startsWith(`${section}\n`));
  return [...(text ?? '').matchAll(/^([a-z0-9-]+) =/gm)].map((found) =>
    (found[1] ?? '').replaceAll('-', '_')
  );
}

type Standing = Parameters<typeof remedy>[0];
const delivery = (more: Partial<Standing>): Standing => ({
  state: 'failed',
  incomplete: false,
  actions: ['retry', 'reschedule', 'cancel'],
  ...more
});
const HELD: Delivery['actions'] = ['release', 'reschedule', 'cancel'];

describe('the table of remedies', () => {
  it('has every class of docs/errors.md', () => {
    const classes = rows('Classes').filter((name) => name !== 'none');
    expect(classes).toHaveLength(8);
    expect(Object.keys(BY_CLASS).toSorted()).toEqual(classes.toSorted());
  });

  it('has every failed change of docs/errors.md but the message about one', () => {
    const changes = rows('Changing what is live').filter((code) => !code.startsWith('note_'));
    expect(changes.length).toBeGreaterThan(5);
    expect(Object.keys(BY_CHANGE).toSorted()).toEqual(changes.toSorted());
  });

  it('has every code that the server explains as one of publishing or of a hold', () => {
    const all = [...codes('Publishing'), ...codes('Holds')].filter((code) => !code.startsWith('change_'));
    expect(all.length).toBeGreaterThan(15);
    expect(all.filter((code) => !(code in BY_CODE))).toEqual([]);
  });

  it('names no code that the server does not have', () => {
    const known = read('locales/en.ftl');
    const unknown = Object.keys(BY_CODE).filter(
      (code) => !known.includes(`\n${code.replaceAll('_', '-')} =`)
    );
    expect(unknown).toEqual([]);
  });
});

describe('the button of a delivery', () => {
  it('leads to the field that the network refused, or to the file', () => {
    expect(remedy(delivery({ code: 'platform_refused' }))).toBe('edit');
    expect(remedy(delivery({ code: 'platform_refused', code_args: { field: '/media/0' } }))).toBe('media');
    expect(remedy(delivery({ code: 'video_too_long' }))).toBe('media');
    expect(remedy(delivery({ code: 'text_too_long' }))).toBe('edit');
    expect(fieldOf({ code_args: { field: '/settings/quote' } })).toBe('/settings/quote');
  });

  it('tries again what is not out of a thread, which is not edited any more', () => {
    const thread = delivery({
      state: 'published',
      incomplete: true,
      code: 'platform_refused',
      actions: ['retry']
    });
    expect(remedy(thread)).toBe('retry');
    expect(others(thread)).toEqual(['duplicate']);
    expect(remedy({ ...thread, code: 'parent_missing' })).toBe('duplicate');
  });

  it('writes it anew for its channel where the same post is out on another', () => {
    const refused = delivery({ code: 'platform_refused' });
    const out = delivery({ state: 'published', actions: [] });
    expect([isEditable([refused]), isEditable([refused, out])]).toEqual([true, false]);
    expect(remedy(refused, isEditable([refused, out]))).toBe('duplicate');
    expect(remedy(delivery({ code: 'internal_fault' }), false)).toBe('retry');
  });

  it('asks what only a person can know, and offers the other answer beside it', () => {
    const unsure = delivery({
      state: 'unconfirmed',
      code: 'outcome_unknown',
      actions: ['confirm', 'publish_again', 'cancel']
    });
    expect(remedy(unsure)).toBe('confirm');
    expect(others(unsure)).toEqual(['publish_again', 'cancel']);
  });

  it('goes by the reason of a hold where the code is of another time', () => {
    expect(
      remedy(delivery({ state: 'held', hold_reason: 'reconnect', code: 'brand_new', actions: HELD }))
    ).toBe('reconnect');
    expect(
      remedy(delivery({ state: 'held', hold_reason: 'paused', code: 'held_paused', actions: HELD }))
    ).toBe('resume');
    expect(remedy(delivery({ state: 'held', hold_reason: 'late', code: 'held_late', actions: HELD }))).toBe(
      'release'
    );
  });

  it('offers only what is possible: a receiver that is gone for good is released, not retried', () => {
    const gone = delivery({
      state: 'held',
      hold_reason: 'reconnect',
      code: 'receiver_refused',
      actions: HELD
    });
    expect(remedy(gone)).toBe('release');
    expect(others(gone)).toEqual(['reschedule', 'cancel']);
  });

  it('is no button where it goes on by itself or nothing is wrong', () => {
    expect(remedy(delivery({ state: 'waiting', code: 'rate_limited', actions: ['cancel'] }))).toBe('wait');
    expect(remedy(delivery({ state: 'published', actions: [] }))).toBeUndefined();
    expect(remedy(delivery({ state: 'scheduled', actions: ['reschedule', 'cancel'] }))).toBeUndefined();
  });
});

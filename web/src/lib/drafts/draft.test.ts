import { describe, expect, it } from 'vitest';
import type { Post } from '$lib/api';
import { again, excerpt, isPurged, picture, without } from './draft';

const draft = (more: Partial<Post>): Post => ({
  id: 'p',
  version: 1,
  status: 'draft',
  revision: 'r',
  labels: ['l'],
  deliveries: [],
  issues: [],
  created_at: '2026-11-26T09:00:00Z',
  updated_at: '2026-11-26T09:00:00Z',
  parts: [{ text: 'Rye', media: [] }],
  channels: [{ channel: 'c', settings: {} }],
  ...more
});

describe('the first words', () => {
  it('are those of the first part that has any', () => {
    expect(excerpt(draft({ parts: [{ text: ' ' }, { text: 'Second' }] }))).toBe('Second');
    expect(excerpt(draft({ parts: [{ text: '' }] }))).toBe('');
  });

  it('are those of a channel where the shared text is empty', () => {
    const channels = [{ channel: 'c', parts: [{ text: 'Own' }] }];
    expect(excerpt(draft({ parts: [{ text: '' }], channels }))).toBe('Own');
  });

  it('are cut between letters, never within one', () => {
    const text = excerpt(draft({ parts: [{ text: '🥐'.repeat(300) }] }));
    expect(text).toBe(`${'🥐'.repeat(240)}…`);
  });
});

it('the picture is the first file of any part', () => {
  expect(picture(draft({}))).toBeUndefined();
  expect(picture(draft({ parts: [{ text: '' }, { text: '', media: [{ id: 'm1' }, { id: 'm2' }] }] }))).toBe(
    'm1'
  );
});

describe('a deleted draft', () => {
  it('is written again with all it had', () => {
    const labels = ['l'];
    const parts = [{ text: 'Rye', media: [{ id: 'm' }], delay_s: 0 }];
    const body = again(draft({ parts, labels, missed_window_s: 600, source: 'import', external_id: '7' }));
    expect(body).toEqual({
      parts,
      labels,
      channels: [{ channel: 'c', settings: {} }],
      missed_window_s: 600,
      source: 'import',
      external_id: '7'
    });
    expect(body.when).toBeUndefined();
  });

  it('is left out of the pages, and the others stay', () => {
    const list = {
      pages: [{ items: [draft({}), draft({ id: 'q' })] }, { items: [draft({ id: 'r' })] }],
      pageParams: []
    };
    expect(without(list, 'p').pages.map((page) => page.items.map((post) => post.id))).toEqual([['q'], ['r']]);
    expect(list.pages[0]?.items).toHaveLength(2);
  });

  it('cannot come back once its content is purged', () => {
    expect(isPurged(draft({ parts: undefined }))).toBe(true);
    expect(isPurged(draft({ parts: [] }))).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import {
  after,
  isPassing,
  mayBegin,
  metadata,
  patience,
  readKept,
  refusal,
  same,
  unfinished,
  type Phase
} from './upload';

describe('the way of an upload', () => {
  it('goes from the queue to ready', () => {
    const way = (['begin', 'sent', 'ready'] as const).reduce<Phase[]>(
      (phases, event) => [...phases, after(phases.at(-1) ?? 'queued', event)],
      ['queued']
    );
    expect(way).toEqual(['queued', 'sending', 'processing', 'ready']);
  });

  it('survives pauses, lost connections and reloads', () => {
    expect(after('sending', 'pause')).toBe('paused');
    expect(after('paused', 'resume')).toBe('queued');
    expect(after('sending', 'drop')).toBe('waiting');
    expect(after('waiting', 'resume')).toBe('queued');
    expect(after('lost', 'pick')).toBe('queued');
    expect(after('failed', 'retry')).toBe('queued');
  });

  it('ignores what comes too late', () => {
    expect(after('paused', 'sent')).toBe('paused');
    expect(after('paused', 'drop')).toBe('paused');
    expect(after('ready', 'fail')).toBe('ready');
    expect(after('processing', 'pause')).toBe('processing');
  });

  it('lets two go at once, the oldest first', () => {
    const items = (['sending', 'queued', 'paused', 'queued'] as Phase[]).map((phase, id) => ({ id, phase }));
    expect(mayBegin(items, 2).map((i) => i.id)).toEqual([1]);
    expect(mayBegin(items, 1)).toEqual([]);
    expect(mayBegin(items, 9).map((i) => i.id)).toEqual([1, 3]);
  });

  it('knows what still has to be sent', () => {
    expect((['queued', 'lost', 'waiting'] as Phase[]).every(unfinished)).toBe(true);
    expect((['processing', 'ready', 'failed'] as Phase[]).some(unfinished)).toBe(false);
  });
});

describe('what is refused at once', () => {
  const file = (type: string, name = 'a.bin', size = 5) => ({ type, name, size });

  it('is what is plainly no picture or video', () => {
    expect(refusal(file('image/jpeg'))).toBeUndefined();
    expect(refusal(file(''))).toBeUndefined();
    expect(refusal(file('application/pdf'))).toBe('type');
    expect(refusal(file('image/svg+xml'))).toBe('active');
    expect(refusal(file('', 'logo.SVG'))).toBe('active');
    expect(refusal(file('image/png', 'a.png', 0))).toBe('empty');
  });
});

describe('what is kept across a reload', () => {
  const kept = { name: 'a', size: 1, modified: 2, media: 'med_1', received: 0 };

  it('is read back, and damage is dropped', () => {
    expect(readKept(JSON.stringify([kept, { name: 'b' }, null, 7]))).toEqual([kept]);
    expect(readKept('{')).toEqual([]);
    expect(readKept('{"a":1}')).toEqual([]);
    expect(readKept(null)).toEqual([]);
  });

  it('belongs to the same file alone', () => {
    expect(same(kept, { name: 'a', size: 1, modified: 2 })).toBe(true);
    expect(same(kept, { name: 'a', size: 1, modified: 3 })).toBe(false);
  });
});

describe('the wire', () => {
  it('carries names in any script', () => {
    expect(metadata({ filename: 'cat.png', filetype: 'image/png', alt: '' })).toBe(
      'filename Y2F0LnBuZw==,filetype aW1hZ2UvcG5n'
    );
    const [, value] = metadata({ filename: 'Grüße 猫.png' }).split(' ');
    const bytes = Uint8Array.from(atob(value ?? ''), (c) => c.charCodeAt(0));
    expect(new TextDecoder().decode(bytes)).toBe('Grüße 猫.png');
  });

  it('tries again only what can pass', () => {
    expect([0, 409, 423, 429, 503].every(isPassing)).toBe(true);
    expect([400, 403, 404, 410, 413, 415, 507].some(isPassing)).toBe(false);
    expect(patience(0)).toBe(1_000);
    expect(patience(99)).toBe(30_000);
  });
});

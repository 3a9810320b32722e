import { describe, expect, it } from 'vitest';
import { dynamic } from '$lib/i18n';
import { BY_CLASS } from './remedy';
import { exchanges, readable, report, sentence, tone, type Attempt } from './attempt';

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  id: 'try_1',
  action: 'send',
  outcome: 'rejected',
  started_at: '2026-11-26T04:14:38Z',
  ended_at: '2026-11-26T04:14:39Z',
  ...more
});

describe('a try in words', () => {
  it('has a sentence for every action and every class', () => {
    for (const action of ['send', 'read', 'look', 'refresh', 'rescue', 'delete', 'edit']) {
      for (const outcome of ['ok', ...Object.keys(BY_CLASS)]) {
        const { what, came } = sentence({ action, outcome });
        expect(dynamic(what), what).toBeTruthy();
        expect(dynamic(came), came).toBeTruthy();
      }
    }
  });

  it('tells an answer that helped from one that did not', () => {
    expect(sentence({ action: 'look', outcome: 'ok' }).came).toBe('post-came-look-ok');
    expect(sentence({ action: 'look', outcome: 'ambiguous' }).came).not.toBe(
      sentence({ action: 'send', outcome: 'ambiguous' }).came
    );
    expect(sentence({ action: 'rescue', outcome: 'lease_expired' }).came).toBe('post-came-rescue');
  });

  it('falls back on what is safe to say for names that are not known yet', () => {
    expect(sentence({ action: 'fly', outcome: 'soared' })).toEqual({
      what: 'post-try-send',
      came: 'post-came-bug'
    });
    expect(tone('soared')).toBe('bad');
  });
});

describe('the raw detail', () => {
  it('breaks JSON into lines and leaves everything else alone', () => {
    expect(readable('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(readable('{"cut off')).toBe('{"cut off');
    expect(readable('no answer: closed')).toBe('no answer: closed');
  });

  it('is empty once it was purged', () => {
    expect(exchanges(attempt())).toEqual([]);
  });

  it('makes a report with the codes and what was exchanged', () => {
    const tried = attempt({
      code: 'platform_refused',
      status: 400,
      exchanges: [{ request: 'POST https://a.example', sent: '{}', status: 400, answer: 'no' }]
    });
    const text = report({ id: 'dlv_1', code: 'platform_refused' }, [tried]);
    expect(text).toContain('dlv_1 platform_refused');
    expect(text).toContain('send rejected platform_refused HTTP 400');
    expect(text).toContain('POST https://a.example\n{}\n→ 400 no');
  });
});

import { describe, expect, it } from 'vitest';
import { facts } from './doubt';

describe('what is known about an uncertain send', () => {
  it('reads what the listing of an account showed', () => {
    const found = facts({
      effect: 'once',
      intent_at: '2026-11-26T04:16:32Z',
      first_intent_at: '2026-11-26T04:16:32Z',
      call_ended_at: '2026-11-26T04:16:33Z',
      evidence: {
        sent_at: '2026-11-26T04:16:32Z',
        platform: {
          asked: 'listing',
          complete: true,
          candidates: [
            { remote_id: '7', url: 'https://a.example/7', created_at: '2026-11-26T04:16:34Z', same: true },
            { remote_id: '8', url: null, same: false },
            { url: 'https://a.example/without-id' }
          ]
        }
      }
    });
    expect(found).toMatchObject({ asked: 'listing', harmless: false, endedAt: '2026-11-26T04:16:33Z' });
    expect(found.firstAt).toBeUndefined();
    expect(found.candidates).toEqual([
      { id: '7', url: 'https://a.example/7', at: '2026-11-26T04:16:34Z', same: true },
      { id: '8', url: undefined, at: undefined, same: false }
    ]);
  });

  it('knows who cannot be asked', () => {
    expect(facts({ evidence: { platform: { lookup: 'none', same_bytes: true } } }).asked).toBe('none');
    expect(facts({ evidence: { platform: { asked: 'nobody: a webhook cannot be asked' } } }).asked).toBe(
      'none'
    );
  });

  it('reads evidence that stands by itself, as after a restored backup', () => {
    expect(facts({ evidence: { asked: 'at://did/app/3n', status: 400, candidates: [] } }).asked).toBe('key');
  });

  it('claims nothing where nothing was kept', () => {
    expect(facts({})).toEqual({
      sentAt: undefined,
      firstAt: undefined,
      endedAt: undefined,
      harmless: false,
      asked: 'nobody-answered',
      candidates: []
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Channel } from '$lib/api';
import { condition, failing, inOrder, needsSomebody, sentence, server } from './health';

const NOW = Date.parse('2026-11-26T10:00:00Z');

function channel(
  more: Partial<Omit<Channel, 'health'>> & { health?: Partial<Channel['health']> } = {}
): Channel {
  const { health, ...rest } = more;
  return {
    id: 'c',
    platform: 'p',
    platform_name: 'Harbour',
    host: 'https://harbour.example',
    remote_id: '1',
    handle: 'ada',
    name: 'Ada',
    state: 'connected',
    created_at: '2026-11-01T10:00:00Z',
    health: { scopes: [], missing_scopes: [], ...health },
    ...rest
  };
}

describe('the condition of a channel', () => {
  it('is fine although its access ends soon: that is renewed by itself', () => {
    const soon = channel({ health: { ok_at: '2026-11-26T09:00:00Z', expires_at: '2026-11-26T10:05:00Z' } });
    expect(condition(soon, NOW)).toBe('fine');
    expect(sentence(soon, NOW)).toBe('Last used 1 hour ago.');
  });

  it('is fine although the network refused a post: that says nothing about the channel', () => {
    const refused = channel({
      health: { ok_at: '2026-11-26T08:00:00Z', code: 'platform_refused', code_at: '2026-11-26T09:00:00Z' }
    });
    expect(failing(refused)).toBe(true);
    expect(condition(refused, NOW)).toBe('fine');
  });

  it('is being renewed once the access has ended', () => {
    expect(condition(channel({ health: { expires_at: '2026-11-26T09:59:00Z' } }), NOW)).toBe('expired');
  });

  it('tells the operator’s fault from the account’s, and forgets it after a success', () => {
    const health = { code: 'operator_must_act', code_at: '2026-11-26T09:00:00Z' };
    expect(condition(channel({ health }), NOW)).toBe('operator');
    expect(condition(channel({ health: { ...health, ok_at: '2026-11-26T09:30:00Z' } }), NOW)).toBe('fine');
  });

  it('puts a refused permission above everything but the end', () => {
    const health = { refused_since: '2026-11-26T08:00:00Z', missing_scopes: ['write'] };
    expect(condition(channel({ state: 'needs_reconnect', health }), NOW)).toBe('reconnect');
    expect(sentence(channel({ state: 'needs_reconnect', health }), NOW)).toContain('2 hours ago');
    expect(sentence(channel({ state: 'needs_reconnect' }), NOW)).toContain('Harbour no longer accepts');
    expect(condition(channel({ state: 'disconnected', health }), NOW)).toBe('disconnected');
  });

  it('names what was not allowed', () => {
    const limited = channel({ health: { missing_scopes: ['write:media', 'read:statuses'] } });
    expect(condition(limited, NOW)).toBe('limited');
    expect(needsSomebody(limited)).toBe(false);
    expect(sentence(limited, NOW)).toContain('write:media and read:statuses');
  });

  it('lists what needs somebody first and keeps the order otherwise', () => {
    const ids = inOrder([
      channel({ id: 'a' }),
      channel({ id: 'gone', state: 'disconnected' }),
      channel({ id: 'b' }),
      channel({ id: 'bad', state: 'needs_reconnect' })
    ]).map(({ id }) => id);
    expect(ids).toEqual(['bad', 'a', 'b', 'gone']);
  });
});

describe('a server', () => {
  it('is shown as people write it, and not at all where there is none', () => {
    expect(server('https://harbour.example')).toBe('harbour.example');
    expect(server('http://127.0.0.1:8742')).toBe('127.0.0.1:8742');
    expect(server('nostr:')).toBe('');
  });
});

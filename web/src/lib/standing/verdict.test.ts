import { describe, expect, it } from 'vitest';
import type { Standing } from './standing';
import { resumable, verdict } from './verdict';

const NOW = Date.parse('2026-11-26T10:00:00Z');

const status = (more: Partial<Standing> = {}): Standing => ({
  publishing: 'ok',
  instance_paused: false,
  overdue: { count: 0, items: [] },
  held: [],
  unconfirmed: 0,
  failed_recent: 0,
  running: 0,
  channels_needing_attention: 0,
  attention: 0,
  ...more
});
const said = (more: Partial<Standing>) => verdict(status(more), 'Europe/Lisbon', NOW);

describe('the verdict', () => {
  it('names the next time on the clock of the workspace', () => {
    const found = said({ next_due: '2026-07-26T10:00:00Z' });
    expect(found.tone).toBe('ok');
    expect(found.why).toContain('11:00 (Lisbon)');
    expect(said({}).why).toBe('Nothing is scheduled.');
  });

  it('tells what is late for a reason from what is stuck', () => {
    const overdue = { count: 2, oldest_due: '2026-11-26T08:00:00Z', items: [] };
    expect(said({ overdue })).toMatchObject({ tone: 'warn', title: 'Publishing works, 2 posts are late' });
    const stuck = said({ publishing: 'stuck', overdue });
    expect(stuck.tone).toBe('bad');
    expect(stuck.why).toContain('2 hours ago');
    expect(stuck.why).toContain('operator');
  });

  it('says who paused it, and who can let it go on', () => {
    const paused = { publishing: 'paused' as const, paused_at: '2026-11-26T09:00:00Z' };
    expect(said({ ...paused, paused_by: { id: 'u', name: 'Mei' } }).why).toContain(
      'Mei paused it 1 hour ago'
    );
    expect(said(paused).why).toContain('It was paused 1 hour ago');
    expect(resumable(status(paused))).toBe(true);
    const all = { ...paused, instance_paused: true };
    expect(said(all).why).toContain('Only the operator');
    expect(resumable(status(all))).toBe(false);
  });
});

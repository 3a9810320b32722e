import { describe, expect, it, vi } from 'vitest';
import type { Workspace } from '$lib/api';
import { commandsOf, type Desk } from './commands';

const workspace = (more: Partial<Workspace> = {}): Workspace => ({
  id: 'ws_1',
  name: 'Harbour Bakery',
  zone: 'Europe/Lisbon',
  role: 'admin',
  missed_window_s: 3600,
  approval_policy: 'none',
  created_at: '',
  updated_at: '',
  ...more
});

function desk(more: Partial<Desk> = {}): Desk {
  const here = more.workspace ?? workspace();
  const user = { id: 'u', name: 'Ada', email: 'ada@example.org', operator: false, created_at: '' };
  return {
    me: { user, workspaces: [here, workspace({ id: 'ws_2', name: 'Mill' })] },
    workspace: here,
    theme: 'dark',
    shortcuts: [],
    go: vi.fn(),
    setTheme: vi.fn(),
    help: vi.fn(),
    pause: vi.fn(),
    resume: vi.fn(),
    logOut: vi.fn(),
    ...more
  };
}
const ids = (one: Desk) => commandsOf(one).map((command) => command.id);

describe('commands', () => {
  it('are only what the role allows', () => {
    expect(ids(desk())).toEqual(expect.arrayContaining(['new', 'connect', 'pause']));
    const viewer = ids(desk({ workspace: workspace({ role: 'viewer' }) }));
    expect(viewer.filter((id) => ['new', 'connect', 'pause', 'resume'].includes(id))).toEqual([]);
  });

  it('are one where two keys do the same', () => {
    const key = (keys: string) => ({
      keys,
      label: 'undo' as const,
      group: 'calendar' as const,
      run: vi.fn()
    });
    const found = commandsOf(desk({ shortcuts: [key('j'), key('k')] })).filter(
      ({ group }) => group === 'screen'
    );
    expect(found.map(({ keys }) => keys)).toEqual(['j']);
  });

  it('offer what is not so already', () => {
    const found = ids(desk({ workspace: workspace({ paused_at: '2026-11-26T09:00:00Z' }) }));
    expect(found).toContain('resume');
    expect(found).not.toContain('pause');
    expect(found).not.toContain('theme:dark');
    expect(found).not.toContain('workspace:ws_1');
    expect(found).toContain('workspace:ws_2');
  });

  it('have a name and an id of their own each', () => {
    const found = commandsOf(desk());
    expect(found.every(({ label }) => label.length > 2)).toBe(true);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  });

  it('do by name what the keys of the screen do', () => {
    const run = vi.fn();
    const shortcuts = [{ keys: 'r', label: 'inbox-key-act' as const, group: 'inbox' as const, run }];
    const next = { keys: 'j', label: 'inbox-key-next' as const, group: 'inbox' as const, run, keyOnly: true };
    const [first, second] = commandsOf(desk({ shortcuts: [...shortcuts, next] }));
    expect(second?.group).not.toBe('screen');
    expect(first).toMatchObject({ group: 'screen', keys: 'r' });
    void first?.run();
    expect(run).toHaveBeenCalledOnce();
  });
});

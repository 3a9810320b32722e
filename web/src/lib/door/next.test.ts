import { describe, expect, it } from 'vitest';
import * as paths from '$lib/paths';
import { next, token } from './next';

describe('where a log-in leads', () => {
  it.each([
    ['/w/ws_1/calendar?view=list', '/w/ws_1/calendar?view=list'],
    ['/w/%2F/x?a=%2F', '/w/%2F/x?a=%2F'],
    [null, '/'],
    ['', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\t/evil.example/', '/'],
    ['/.//evil.example/', '/'],
    ['/a/..//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/']
  ])('%s leads to %s', (given, to) => expect(next(given)).toBe(to));
});

describe('the way through the log-in', () => {
  it.each(['/w/ws_1/calendar?view=list&channel=a,b', '/invite#abc', '/settings/profile'])(
    'leads to %s',
    (to) => {
      const at = new URL(paths.login(to), 'http://localhost');
      expect(next(at.searchParams.get('next'), at.hash)).toBe(to);
    }
  );

  it('shows the token of a link to no server', () => {
    const { pathname, search } = new URL(paths.login('/invite#abc'), 'http://localhost');
    expect(pathname + search).not.toContain('abc');
    expect(paths.login()).toBe('/login');
  });
});

it('takes the token from behind the sign', () => expect(token('#abc-def')).toBe('abc-def'));

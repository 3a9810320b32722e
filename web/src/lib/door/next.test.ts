import { describe, expect, it } from 'vitest';
import { next, token } from './next';

describe('where a log-in leads', () => {
  it.each([
    ['/w/ws_1/calendar?view=list', '/w/ws_1/calendar?view=list'],
    ['/invite#abc', '/invite#abc'],
    [null, '/'],
    ['', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/']
  ])('%s leads to %s', (given, to) => expect(next(given)).toBe(to));
});

it('takes the token from behind the sign', () => expect(token('#abc-def')).toBe('abc-def'));

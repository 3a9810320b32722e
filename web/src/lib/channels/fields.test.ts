import { describe, expect, it } from 'vitest';
import { ApiError } from '$lib/api';
import { fieldErrors, filled, shown, split, type ConnectField } from './fields';

const field = (name: string, more: Partial<ConnectField> = {}): ConnectField => ({
  name,
  secret: false,
  optional: false,
  ...more
});

describe('the fields of a network', () => {
  it('have words of ours where the name is known, and the name itself otherwise', () => {
    expect(shown(field('media_server')).label).toBe('Server for files');
    expect(shown(field('media_server')).hint).toContain('pictures');
    expect(shown(field('harbour_number'))).toMatchObject({ label: 'Harbour number', hint: undefined });
  });

  it('hide what is secret before anything else', () => {
    expect(shown(field('url', { secret: true })).kind).toBe('secret');
    expect(shown(field('url')).kind).toBe('address');
    expect(shown(field('deduplicates', { default: 'false' })).kind).toBe('switch');
    expect(shown(field('relays')).kind).toBe('lines');
  });

  it('ask first for what is needed', () => {
    const { needed, more } = split([field('host', { optional: true }), field('identifier')]);
    expect(needed.map(({ field }) => field.name)).toEqual(['identifier']);
    expect(more.map(({ field }) => field.name)).toEqual(['host']);
  });

  it('are left out when they are empty, so that the default holds', () => {
    const typed = { host: '  ', identifier: ' ada ', relay: 'of another network' };
    expect(filled(typed, [field('host'), field('identifier')])).toEqual({ identifier: 'ada' });
  });

  it('get the server’s sentences by name', () => {
    const error = new ApiError(422, {
      type: '',
      title: '',
      status: 422,
      detail: '',
      instance: '',
      code: 'invalid_fields',
      issues: [
        { code: 'required', field: '/fields/server', severity: 'error', args: {}, detail: 'Fill it in.' },
        { code: 'bad', field: '/platform', severity: 'error', args: {}, detail: 'No.' }
      ]
    });
    expect(fieldErrors(error)).toEqual({ server: 'Fill it in.' });
    expect(fieldErrors(undefined)).toEqual({});
  });
});

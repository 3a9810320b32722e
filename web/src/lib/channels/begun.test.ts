import { afterEach, describe, expect, it } from 'vitest';
import { begun, forget, remember } from './begun';

afterEach(() => sessionStorage.clear());

describe('a connection that was begun', () => {
  it('is known in its own workspace alone, until it is forgotten', () => {
    remember({ ws: 'one', id: 'oauth', platform: 'p' });
    expect(begun('one')?.id).toBe('oauth');
    expect(begun('two')).toBeUndefined();
    forget();
    expect(begun('one')).toBeUndefined();
  });

  it('is nothing when it cannot be read', () => {
    sessionStorage.setItem('postrider-connection', '{');
    expect(begun('one')).toBeUndefined();
  });
});

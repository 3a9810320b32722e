import { describe, expect, it } from 'vitest';
import { ApiError } from '$lib/api';
import { whyFailed, whyRefused } from './failure';

const failure = (args: Record<string, string>) => ({
  code: 'oauth_redirect',
  step: 'callback',
  words: null,
  detail: 'It does not match.',
  correlation: 'c0ffee',
  args
});

describe('why nothing was connected', () => {
  it('shows both redirect addresses where they differ, and none where they are the same', () => {
    const differ = whyFailed(failure({ expected: 'https://a.example/x', received: 'https://b.example/x' }));
    expect(differ).toMatchObject({ expected: 'https://a.example/x', received: 'https://b.example/x' });
    const same = whyFailed(failure({ expected: 'https://a.example/x', received: 'https://a.example/x' }));
    expect(same.expected).toBeUndefined();
    expect(same).toMatchObject({ step: 'callback', correlation: 'c0ffee', detail: 'It does not match.' });
  });

  it('takes step, words and the number in the log from a refusal', () => {
    const problem = {
      type: '',
      title: '',
      status: 422,
      detail: 'Refused.',
      instance: 'abc',
      code: 'credentials_refused',
      step: 'log_in',
      words: 'Invalid password'
    };
    expect(whyRefused(new ApiError(422, problem))).toMatchObject({
      detail: 'Refused.',
      step: 'log_in',
      words: 'Invalid password',
      correlation: 'abc'
    });
  });

  it('says something of an answer that did not come', () => {
    expect(whyRefused(new ApiError(0, undefined)).detail).toContain('does not answer');
  });
});

import { expect, type APIRequestContext } from '@playwright/test';

/** What is to go wrong at the simulated networks; see the fault panel of the demonstration. */
export async function fault(request: APIRequestContext, networks: string, rule: object): Promise<void> {
  const answer = await request.post(`${networks}/_faults`, { data: rule });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** The network refuses the next post. */
export const refused = (message: string) => ({
  match: 'com.atproto.repo.putRecord',
  count: 1,
  kind: { status: { code: 400, body: { error: 'InvalidRequest', message } } }
});

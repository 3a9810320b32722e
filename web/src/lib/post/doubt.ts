import type { Schemas } from '$lib/api';

type Doubt = Schemas['Doubt'];

/** Something at the network that may be the post. */
export interface Candidate {
  id: string;
  url?: string;
  at?: string;
  /** It says the same, and not only nearly. */
  same: boolean;
}

/** How the network was asked. */
export type Asked = 'none' | 'listing' | 'key' | 'nobody-answered' | 'restored';

export interface Facts {
  sentAt?: string;
  /** It was sent several times with the same key: this was the first. */
  firstAt?: string;
  /** When the call was seen to end; nothing where not even that is known. */
  endedAt?: string;
  /** A second copy would be kept apart by the network. */
  harmless: boolean;
  asked: Asked;
  candidates: Candidate[];
}

type Json = Record<string, unknown>;
const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What is known about an uncertain send, from what the engine and the network's connector left behind. */
export function facts(doubt: Doubt): Facts {
  const kept = object(doubt.evidence);
  const platform = object(kept?.platform) ?? kept ?? {};
  return {
    sentAt: doubt.intent_at ?? text(kept?.sent_at),
    firstAt:
      doubt.first_intent_at && doubt.first_intent_at !== doubt.intent_at ? doubt.first_intent_at : undefined,
    endedAt: doubt.call_ended_at ?? undefined,
    harmless: doubt.effect === 'idempotent',
    asked: asked(platform),
    candidates: candidates(platform)
  };
}

function asked(platform: Json): Asked {
  const said = text(platform.asked);
  if (platform.lookup === 'none' || said?.startsWith('nobody')) return 'none';
  if (said === 'listing' || said === 'files') return 'listing';
  return said ? 'key' : 'nobody-answered';
}

function candidates(platform: Json): Candidate[] {
  const found = Array.isArray(platform.candidates) ? platform.candidates : [];
  return found.flatMap((one) => {
    const json = object(one);
    const id = text(json?.remote_id);
    return json && id
      ? [{ id, url: text(json.url), at: text(json.created_at), same: json.same === true }]
      : [];
  });
}

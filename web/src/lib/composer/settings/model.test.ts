import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  beginning,
  changed,
  fields,
  fieldsOfRow,
  issueOf,
  parsed,
  readable,
  span,
  started,
  unplaced,
  type Schema
} from './model';

const connectors = JSON.parse(readFileSync('../docs/connectors.json', 'utf8')) as {
  id: string;
  settings: Schema;
}[];
const schema = (id: string): Schema => {
  const found = connectors.find((connector) => connector.id === id);
  if (!found) throw new Error(`no connector ${id}`);
  return found.settings;
};
const kinds = (id: string) => Object.fromEntries(fields(schema(id)).map((f) => [f.key, f.kind]));

describe('the form of a schema', () => {
  it('has a control for every setting of every connector, and JSON only where nothing is described', () => {
    const json = connectors.flatMap(({ id, settings }) =>
      fields(settings)
        .filter((field) => field.kind === 'json')
        .map((field) => `${id}.${field.key}`)
    );
    expect(json).toEqual(['webhook.data']);
    for (const { settings } of connectors) {
      expect(fields(settings).map((f) => f.key)).toEqual(Object.keys(settings.properties ?? {}));
    }
  });

  it('reads groups, lists, choices and one-or-some', () => {
    expect(kinds('mastodon')).toMatchObject({
      content_warning: 'text',
      poll: 'group',
      sensitive: 'switch',
      visibility: 'choice'
    });
    expect(kinds('bluesky')).toMatchObject({
      card: 'group',
      labels: 'choices',
      langs: 'list',
      reply_gate: 'either'
    });
    const gate = fields(schema('bluesky')).find((f) => f.key === 'reply_gate');
    expect(gate).toMatchObject({ values: ['everyone', 'nobody'], standard: 'everyone' });
  });

  it('points at fields of groups and knows counts of seconds', () => {
    const poll = fields(schema('mastodon')).find((f) => f.key === 'poll');
    if (poll?.kind !== 'group') throw new Error('no group');
    const open = poll.fields.find((f) => f.key === 'expires_in');
    expect(poll.fields.map((f) => f.key)).toEqual(['options', 'expires_in', 'hide_totals', 'multiple']);
    expect(open).toMatchObject({ path: '/poll/expires_in', kind: 'number', seconds: true, required: true });
  });

  it('has a row of fields for each of several, and percent for a part of a whole', () => {
    const tags = fields(schema('instagram')).find((f) => f.key === 'user_tags');
    if (tags?.kind !== 'rows') throw new Error('no rows');
    const row = fieldsOfRow(tags, 2);
    expect(row.map((f) => [f.path, f.kind])).toEqual([
      ['/user_tags/2/name', 'text'],
      ['/user_tags/2/file', 'number'],
      ['/user_tags/2/x', 'share'],
      ['/user_tags/2/y', 'share']
    ]);
    expect(started(row)).toEqual({ name: '' });
    expect(beginning(tags)).toEqual([]);
  });

  it('falls back to JSON for what it does not know', () => {
    const odd: Schema = {
      properties: {
        a: { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] },
        b: { type: 'array', items: { type: 'object' } },
        c: { enum: [1, 2] },
        'd/e': { type: 'null' }
      }
    };
    expect(fields(odd).map((f) => [f.path, f.kind])).toEqual([
      ['/a', 'json'],
      ['/b', 'json'],
      ['/c', 'json'],
      ['/d~1e', 'json']
    ]);
  });
});

describe('values', () => {
  const poll = fields(schema('mastodon')).find((f) => f.key === 'poll');
  const warning = fields(schema('mastodon')).find((f) => f.key === 'content_warning');

  it('begins a group with what it must have', () => {
    expect(poll && beginning(poll)).toEqual({ options: ['', ''], expires_in: 86_400 });
  });

  it('takes an emptied setting out and keeps others', () => {
    if (!warning) throw new Error('no field');
    expect(changed({ sensitive: true, content_warning: 'x' }, warning, '')).toEqual({ sensitive: true });
    expect(changed({ sensitive: true }, warning, 'Food')).toEqual({
      sensitive: true,
      content_warning: 'Food'
    });
  });

  it('keeps a required one even when it is empty, so that the server can say what is missing', () => {
    if (!warning) throw new Error('no field');
    expect(changed({}, { ...warning, required: true }, '')).toEqual({ content_warning: '' });
  });
});

describe('issues', () => {
  const all = fields(schema('mastodon'));
  const poll = all.find((f) => f.key === 'poll');
  const issues = [
    { path: '/poll/options/1', detail: 'twice' },
    { path: '/poll/odd', detail: 'unknown' },
    { path: '', detail: 'whole' },
    { path: '/pollen', detail: 'other' }
  ];

  it('stand at the innermost control, else at the group', () => {
    if (poll?.kind !== 'group') throw new Error('no group');
    expect(issueOf(issues, poll)).toBe('unknown');
    expect(issueOf(issues.slice(0, 1), poll)).toBeUndefined();
    const options = poll.fields.find((f) => f.key === 'options');
    expect(options && issueOf(issues, options)).toBeUndefined();
    expect(options && issueOf([{ path: '/poll/options', detail: 'few' }], options)).toBe('few');
  });

  it('of a row stand in it, and those of all rows above them', () => {
    const tags = fields(schema('instagram')).find((f) => f.key === 'user_tags');
    if (tags?.kind !== 'rows') throw new Error('no rows');
    const name = fieldsOfRow(tags, 1).find((f) => f.key === 'name');
    const wrong = [
      { path: '/user_tags/1/name', detail: 'name' },
      { path: '/user_tags/1', detail: 'row' },
      { path: '/user_tags', detail: 'all' }
    ];
    expect(issueOf(wrong, tags)).toBe('all');
    expect(issueOf(wrong.slice(0, 2), tags)).toBeUndefined();
    expect(name && issueOf(wrong, name)).toBe('name');
  });

  it('that belong to no field are told apart', () => {
    expect(unplaced(issues, all).map((i) => i.detail)).toEqual(['whole', 'other']);
  });
});

describe('small things', () => {
  it('reads JSON as typed', () => {
    expect(parsed(' ', true)).toEqual({});
    expect(parsed('{"a":1}', true)).toEqual({ value: { a: 1 } });
    expect(parsed('[1]', true)).toEqual({ wrong: 'object' });
    expect(parsed('[1]', false)).toEqual({ value: [1] });
    expect(parsed('{', false)).toEqual({ wrong: 'syntax' });
  });

  it('makes words readable and spans short', () => {
    expect(readable('graphic-media')).toBe('Graphic media');
    expect(span(259_200)).toEqual({ count: 3, unit: 'day' });
    expect(span(5_400)).toEqual({ count: 90, unit: 'minute' });
    expect(span(61)).toEqual({ count: 61, unit: 'second' });
    expect(span(0)).toEqual({ count: 0, unit: 'second' });
  });
});

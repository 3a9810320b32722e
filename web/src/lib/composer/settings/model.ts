/**
 * What a form shows for a JSON Schema. Each connector describes its settings by one; nothing here knows a
 * network. What the form has no control for becomes a field of JSON, so that no setting is out of reach.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The part of JSON Schema that is read. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
}

interface Common {
  key: string;
  /** JSON pointer from the settings' root. */
  path: string;
  title: string;
  hint?: string;
  required: boolean;
}

export type Field = Common &
  (
    | {
        kind: 'text';
        input: 'text' | 'url';
        max?: number;
        pattern?: string;
        languages: boolean;
        standard?: string;
      }
    | { kind: 'number'; min?: number; max?: number; whole: boolean; seconds: boolean; standard?: number }
    /** A part of a whole, from 0 to 1, which people give in percent. */
    | { kind: 'share' }
    | { kind: 'switch'; standard: boolean }
    | { kind: 'choice'; values: string[]; standard?: string }
    | { kind: 'choices'; values: string[] }
    /** One of some words, or a choice of others: `everyone`, or `["followers"]`. */
    | { kind: 'either'; values: string[]; some: string[]; standard?: string }
    | { kind: 'list'; min: number; max?: number; pattern?: string; languages: boolean }
    | { kind: 'group'; fields: Field[] }
    /** Several of the same kind, each with fields of its own. */
    | { kind: 'rows'; min: number; max?: number; row: Schema }
    | { kind: 'json'; object: boolean }
  );

/** `graphic-media` as `Graphic media`: what is shown when a schema gives a word no name. */
export function readable(word: string): string {
  const spaced = word.replaceAll(/[-_]+/g, ' ').trim();
  return spaced.slice(0, 1).toUpperCase() + spaced.slice(1);
}

const words = (schema: Schema | undefined): string[] | undefined =>
  schema?.enum?.every((value) => typeof value === 'string') ? schema.enum : undefined;

const isLanguage = (key: string): boolean => /^lang(s|uages?)?$/.test(key);

/** A count of seconds is picked as a time span. Schemas have no units, so its description is read. */
const inSeconds = (schema: Schema): boolean => /^seconds\b/i.test(schema.description ?? '');

const pointer = (path: string, key: string): string =>
  `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The fields of a schema of type object: first what it demands, in the order in which it does. */
export function fields(schema: Schema, path = ''): Field[] {
  const required = schema.required ?? [];
  const all = Object.keys(schema.properties ?? {});
  const keys = [
    ...required.filter((key) => all.includes(key)),
    ...all.filter((key) => !required.includes(key))
  ];
  return keys.map((key) => {
    const child = schema.properties?.[key] ?? {};
    const common = {
      key,
      path: pointer(path, key),
      title: child.title ?? readable(key),
      hint: child.description,
      required: required.includes(key)
    };
    return { ...common, ...control(child, key, common.path) } as Field;
  });
}

type Control = Field extends infer F ? (F extends Common ? Omit<F, keyof Common> : never) : never;

function control(schema: Schema, key: string, path: string): Control {
  const values = words(schema);
  if (values) return { kind: 'choice', values, standard: text(schema.default) };
  if (schema.oneOf) return either(schema) ?? { kind: 'json', object: false };
  switch (schema.type) {
    case 'string':
      return {
        kind: 'text',
        input: schema.format === 'uri' ? 'url' : 'text',
        max: schema.maxLength,
        pattern: schema.pattern,
        languages: isLanguage(key),
        standard: text(schema.default)
      };
    case 'integer':
    case 'number':
      if (schema.type === 'number' && schema.minimum === 0 && schema.maximum === 1) return { kind: 'share' };
      return {
        kind: 'number',
        min: schema.minimum,
        max: schema.maximum,
        whole: schema.type === 'integer',
        seconds: inSeconds(schema),
        standard: typeof schema.default === 'number' ? schema.default : undefined
      };
    case 'boolean':
      return { kind: 'switch', standard: schema.default === true };
    case 'array':
      return list(schema, key);
    case 'object':
      return schema.properties
        ? { kind: 'group', fields: fields(schema, path) }
        : { kind: 'json', object: true };
    default:
      return { kind: 'json', object: false };
  }
}

function list(schema: Schema, key: string): Control {
  const values = words(schema.items);
  if (values) return { kind: 'choices', values };
  if (schema.items?.properties) {
    return { kind: 'rows', min: schema.minItems ?? 0, max: schema.maxItems, row: schema.items };
  }
  if (schema.items?.type !== 'string') return { kind: 'json', object: false };
  return {
    kind: 'list',
    min: schema.minItems ?? 0,
    max: schema.maxItems,
    pattern: schema.items.pattern,
    languages: isLanguage(key)
  };
}

/** The fields of one of several. */
export const fieldsOfRow = (field: Extract<Field, { kind: 'rows' }>, index: number): Field[] =>
  fields(field.row, `${field.path}/${index}`);

function either(schema: Schema): Control | undefined {
  const [one, many] = schema.oneOf ?? [];
  const values = words(one);
  const some = many?.type === 'array' ? words(many.items) : undefined;
  if (schema.oneOf?.length !== 2 || !values || !some) return undefined;
  return { kind: 'either', values, some, standard: text(schema.default) };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What a field begins with when its group is switched on: as much as the schema demands. */
export function beginning(field: Field): Json | undefined {
  switch (field.kind) {
    case 'group':
      return started(field.fields);
    case 'rows':
      return Array.from({ length: field.min }, (_, index) => started(fieldsOfRow(field, index)));
    case 'share':
      return 0.5;
    case 'list':
      return Array.from({ length: field.min }, () => '');
    case 'number':
      return field.standard ?? (field.seconds ? 86_400 : (field.min ?? 0));
    case 'choice':
      return field.standard ?? field.values[0];
    case 'choices':
      return [];
    case 'switch':
      return field.standard;
    case 'either':
      return field.standard;
    case 'text':
      return field.standard ?? '';
    case 'json':
      return field.object ? {} : undefined;
  }
}

/** An object with what it must have. */
export const started = (all: Field[]): { [key: string]: Json } =>
  Object.fromEntries(
    all.filter((child) => child.required).map((child) => [child.key, beginning(child) ?? ''] as const)
  );

/** The settings with one of them changed; a value that says nothing takes it out. */
export function changed(
  settings: Record<string, unknown>,
  field: Field,
  value: unknown
): Record<string, unknown> {
  const { [field.key]: _, ...others } = settings;
  return saysNothing(value) && !field.required ? others : { ...settings, [field.key]: value };
}

const saysNothing = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

export interface FieldIssue {
  path: string;
  detail: string;
}

/** What is wrong with a field itself. What a control below it shows is left to that. */
export function issueOf(issues: FieldIssue[], field: Field): string | undefined {
  const below =
    field.kind === 'group'
      ? field.fields.map((child) => child.path)
      : field.kind === 'list'
        ? [/^\/\d+$/]
        : field.kind === 'rows'
          ? [/^\/\d+(\/|$)/]
          : [];
  const found = issues.find(({ path }) => {
    if (path === field.path) return true;
    if (!path.startsWith(`${field.path}/`)) return false;
    const rest = path.slice(field.path.length);
    return !below.some((child) =>
      typeof child === 'string' ? path === child || path.startsWith(`${child}/`) : child.test(rest)
    );
  });
  return found?.detail;
}

/** What is wrong with the settings and stands at no field. */
export const unplaced = (issues: FieldIssue[], all: Field[]): FieldIssue[] =>
  issues.filter(({ path }) => !all.some((field) => path === field.path || path.startsWith(`${field.path}/`)));

/** JSON as it was typed, or why it is none. */
export function parsed(typed: string, object: boolean): { value?: Json; wrong?: 'syntax' | 'object' } {
  if (!typed.trim()) return {};
  try {
    const value = JSON.parse(typed) as Json;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return object && !isObject ? { wrong: 'object' } : { value };
  } catch {
    return { wrong: 'syntax' };
  }
}

/** Time spans that are offered, in seconds. */
export const SPANS = [300, 1_800, 3_600, 21_600, 43_200, 86_400, 259_200, 604_800];

/** A span as the largest unit that divides it. */
export function span(seconds: number): { count: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60]
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds > 0 && seconds % length === 0) ?? ['second', 1];
  return { count: seconds / size, unit };
}

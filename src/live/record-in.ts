import type { EventRecord } from '../telemetry/record.js';

type Kind = EventRecord['kind'];
type Type = 'at' | 'boolean' | 'id' | 'list' | 'message' | 'ms' | 'number' | 'question' | 'string';
/** With a question mark, it may be absent or null. */
type Field = Type | `${Type}?`;
type Fields<R> = Readonly<Record<Exclude<keyof R, 'kind' | keyof typeof OF_ALL>, Field>>;

const OF_ALL = { at: 'at', session: 'string?', client: 'string?', node: 'string?', message: 'message?' } as const;
const REQUEST = { id: 'id', method: 'string' } as const;
const NAMED = { ...REQUEST, target: 'string?' } as const;

/** All fields of each kind. What the page needs must be there. */
const FIELDS: { readonly [K in Kind]: Fields<Extract<EventRecord, { kind: K }>> } = {
  'session-opened': { isOfModern: 'boolean?' },
  'session-ended': { reason: 'string', by: 'string?', durationMs: 'ms?' },
  'backend-started': { pid: 'number?' },
  'backend-ended': { reason: 'string', by: 'string', exitCode: 'number?', signal: 'string?' },
  call: { ...NAMED, isSerialized: 'boolean?' },
  'call-ended': { ...NAMED, durationMs: 'ms', outcome: 'string', code: 'number?', error: 'string?' },
  'call-cancelled': { ...NAMED, reason: 'string?' },
  progress: { call: 'id?', progress: 'number?', total: 'number?' },
  question: NAMED,
  route: {
    id: 'id?',
    method: 'string',
    call: 'id?',
    to: 'string?',
    evidence: 'string?',
    outcome: 'string',
    error: 'string?',
    waitedMs: 'ms',
  },
  answer: { ...NAMED, by: 'string', outcome: 'string', error: 'string?', durationMs: 'ms' },
  suspended: { ...REQUEST, clientId: 'id?', round: 'number', inputs: 'list' },
  resumed: { ...REQUEST, clientId: 'id?', round: 'number', outcome: 'string?', waitedMs: 'ms?' },
  forwarded: { toNode: 'string', method: 'string', outcome: 'string?', durationMs: 'ms?' },
  waiting: { ...NAMED, forMs: 'ms', on: 'string', question: 'question?', refusal: 'string?' },
};

/** The end of the year 9999, in milliseconds since 1970. The page shows times around it as well. */
const MAX_AT = 253_402_300_799_999;
/** Some 30 years. */
const MAX_MS = 1e12;
/** Deeper messages may be too deep to be written. */
const MAX_DEPTH = 200;

/** The event that a line of a file holds, with the fields of its kind only. `undefined`: the line is no event. */
export function recordIn(value: unknown): EventRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const { kind } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const fields: Readonly<Record<string, Field>> = { ...OF_ALL, ...FIELDS[kind as Kind] };
  if (!Object.entries(fields).every(([name, field]) => fits(given[name], field))) return undefined;
  const known = Object.entries(given).filter(
    ([name, one]) => name === 'kind' || (Object.hasOwn(fields, name) && one !== null),
  );
  return Object.fromEntries(known.map(([name, one]) => [name, name === 'question' ? asked(one) : one])) as EventRecord;
}

function fits(value: unknown, field: Field): boolean {
  if (value === undefined || value === null) return field.endsWith('?');
  const type = field.replace('?', '') as Type;
  switch (type) {
    case 'at':
      return typeof value === 'number' && value >= 0 && value <= MAX_AT;
    case 'ms':
      return typeof value === 'number' && Math.abs(value) <= MAX_MS;
    case 'number':
      return Number.isFinite(value);
    case 'id':
      return typeof value === 'string' || Number.isFinite(value);
    case 'list':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'question':
      return isAsked(value);
    case 'message':
      return isShallow(value, MAX_DEPTH);
    case 'boolean':
    case 'string':
      return typeof value === type;
  }
}

function isAsked(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, method } = value as { readonly id?: unknown; readonly method?: unknown };
  return fits(id, 'id?') && fits(method, 'string');
}

function asked(value: unknown): object {
  const { id, method } = value as { readonly id?: unknown; readonly method?: unknown };
  return { ...(id !== null && { id }), method };
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((one) => isShallow(one, depth - 1));
}

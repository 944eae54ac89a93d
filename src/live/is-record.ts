import type { EventRecord } from '../telemetry/record.js';

type Kind = EventRecord['kind'];
type Type = 'number' | 'string' | 'id' | 'list';

const REQUEST = { id: 'id', method: 'string' } as const;

/** What the page needs of each kind. */
const FIELDS: Readonly<Record<Kind, Readonly<Partial<Record<string, Type>>>>> = {
  'session-opened': {},
  'session-ended': { reason: 'string' },
  'backend-started': {},
  'backend-ended': { reason: 'string', by: 'string' },
  call: REQUEST,
  'call-ended': { ...REQUEST, durationMs: 'number', outcome: 'string' },
  'call-cancelled': REQUEST,
  progress: {},
  question: REQUEST,
  route: { method: 'string', outcome: 'string', waitedMs: 'number' },
  answer: { ...REQUEST, by: 'string', outcome: 'string', durationMs: 'number' },
  suspended: { ...REQUEST, round: 'number', inputs: 'list' },
  resumed: { ...REQUEST, round: 'number' },
  forwarded: { toNode: 'string', method: 'string' },
  waiting: { ...REQUEST, forMs: 'number', on: 'string' },
};

/** Whether a line of a file is an event. Fields that the page does not need are not looked at. */
export function isRecord(value: unknown): value is EventRecord {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Readonly<Record<string, unknown>>;
  const { kind, at, session } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return false;
  // A date that can be shown.
  if (typeof at !== 'number' || !(Math.abs(at) <= 8.64e15)) return false;
  if (session !== undefined && typeof session !== 'string') return false;
  return Object.entries(FIELDS[kind as Kind]).every(([name, type]) => type !== undefined && isOf(given[name], type));
}

function isOf(value: unknown, type: Type): boolean {
  switch (type) {
    case 'id':
      return typeof value === 'string' || typeof value === 'number';
    case 'list':
      return Array.isArray(value);
    case 'number':
    case 'string':
      return typeof value === type;
  }
}

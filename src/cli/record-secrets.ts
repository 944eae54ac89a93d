import type { EventRecord } from '../telemetry/record.js';
import type { Secrets } from './secrets.js';

/** Fields whose values only this package chooses. A secret may look like one of them, and does not change it. */
const OURS: ReadonlySet<string> = new Set([
  ...['kind', 'session', 'node', 'toNode'],
  ...['by', 'outcome', 'on', 'to', 'evidence'],
]);

/**
 * Clients and servers choose tools, reasons and errors, and may choose long ones. No more of a text is written to a file
 * or kept for the live page. Ids are not longer, so that none is taken for another.
 */
const MAX_TEXT_LENGTH = 1_000;
const MAX_LIST_LENGTH = 16;

/**
 * The record of an event with its secrets hidden, in every text that client, backend or transport chose, and with long
 * texts and lists cut: the only place where they are. Cut before, the beginning of a secret would not be found. A message
 * is left whole.
 *
 * @throws RangeError if a message in it has thousands of levels
 */
export function withoutSecrets(record: EventRecord, secrets: Secrets): EventRecord {
  const entries = Object.entries(record).map(([name, value]) => {
    if (OURS.has(name)) return [name, value] as const;
    if (name === 'message') return [name, secrets.redactIn(value, 'theirs')] as const;
    return [name, cutIn(secrets.redactIn(value, 'ours'))] as const;
  });
  return Object.fromEntries(entries) as unknown as EventRecord;
}

/** A text, or the texts of an object or an array, cut. */
function cutIn(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT_LENGTH ? cut(value) : value;
  if (Array.isArray(value)) return value.slice(0, MAX_LIST_LENGTH).map(cutIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cutIn(each)]));
}

/** A part of a string may keep the whole in memory. A copy does not. */
function cut(text: string): string {
  return `${Buffer.from(text.slice(0, MAX_TEXT_LENGTH)).toString()}…`;
}

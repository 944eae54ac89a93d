import { shortened } from '../shortened.js';
import type { EventRecord } from '../telemetry/record.js';
import type { Secrets } from './secrets.js';

/** Fields whose values only this package chooses. A secret may look like one of them, and does not change it. */
const OURS: ReadonlySet<string> = new Set([
  ...['kind', 'session', 'node', 'toNode'],
  ...['by', 'outcome', 'on', 'to', 'evidence'],
]);

/** Tools and errors may have texts of any length. No more of one is written than this. */
const MAX_TEXT_LENGTH = 1_000;

/**
 * The record of an event with its secrets hidden, in every text that client, backend or transport chose, and with long
 * texts cut. Cut before, the beginning of a secret would not be found. A message is left whole.
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
  if (typeof value === 'string') return shortened(value, MAX_TEXT_LENGTH);
  if (Array.isArray(value)) return value.map(cutIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cutIn(each)]));
}

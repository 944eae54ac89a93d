import type { EventRecord } from '../telemetry/record.js';
import type { Secrets } from './secrets.js';

/** Fields whose values only this package chooses. A secret may look like one of them, and does not change it. */
const OURS: ReadonlySet<string> = new Set([
  ...['kind', 'session', 'node', 'toNode'],
  ...['by', 'outcome', 'on', 'to', 'evidence'],
]);

/**
 * The record of an event with its secrets hidden, in every text that client, backend or transport chose. Do this before
 * such a text is cut: the beginning of a secret would not be found.
 *
 * @throws RangeError if a message in it has thousands of levels
 */
export function withoutSecrets(record: EventRecord, secrets: Secrets): EventRecord {
  const entries = Object.entries(record).map(([name, value]) => {
    if (OURS.has(name)) return [name, value] as const;
    return [name, secrets.redactIn(value, name === 'message' ? 'theirs' : 'ours')] as const;
  });
  return Object.fromEntries(entries) as unknown as EventRecord;
}

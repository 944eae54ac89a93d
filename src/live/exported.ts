import { keyOf } from './entities.js';
import type { EventRecord } from '../telemetry/record.js';
import { isSessionShown, type Filter, type Lane } from './lanes.js';

/**
 * What is shown, as the lines of a trace file, which `mcp-backchannel view` opens.
 *
 * @param lost records that the page lacks, of which the file tells as well
 */
export function jsonLines(records: readonly EventRecord[], lost: number): string {
  const lack = lost === 0 ? [] : [{ at: records[0]?.at ?? 0, kind: 'lost', count: lost }];
  return [...lack, ...records].map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** The records of the sessions, calls and questions that the filter leaves. */
export function shownRecords(
  records: readonly EventRecord[],
  lanes: readonly Lane[],
  filter: Filter,
): readonly EventRecord[] {
  if (filter.session === '' && filter.method === '' && !filter.isWaiting) return records;
  const isOfAll = filter.method === '' && !filter.isWaiting;
  const shown = new Map(lanes.map((lane) => [lane.session.key, namesIn(lane)]));
  return records.filter((record) => {
    const names = shown.get(`${record.node ?? ''}/${record.session ?? ''}`);
    if (names === undefined) return false;
    const name = nameOf(record);
    return isOfAll || name === undefined || names.has(name);
  });
}

/** Whether stepping stops at a record. */
export function stopsAt(record: EventRecord, filter: Filter): boolean {
  const { session: name = '', client, node } = record;
  return isSessionShown({ name, client, node }, filter);
}

function namesIn({ calls, questions }: Lane): ReadonlySet<string> {
  return new Set([
    ...calls.map(({ id }) => `call ${keyOf(id)}`),
    ...questions.map(({ id }) => `question ${keyOf(id)}`),
  ]);
}

/** The call or question that a record is about, if there is one. */
export function nameOf(record: EventRecord): string | undefined {
  switch (record.kind) {
    case 'call':
    case 'call-ended':
    case 'call-cancelled':
    case 'suspended':
    case 'resumed':
    case 'waiting':
      return `call ${keyOf(record.id)}`;
    case 'progress':
      return record.call === undefined ? undefined : `call ${keyOf(record.call)}`;
    case 'question':
    case 'answer':
      return `question ${keyOf(record.id)}`;
    case 'route':
      return record.id === undefined ? undefined : `question ${keyOf(record.id)}`;
    case 'session-opened':
    case 'session-ended':
    case 'backend-started':
    case 'backend-ended':
    case 'forwarded':
      return undefined;
  }
}

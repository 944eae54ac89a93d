import type { SlowResult } from '../lib/results.js';
import { many, markdownTable, spread } from './markdown.js';

/** Clients that do not read: what they cost the server, and its other clients. */
export function slowTable(result: SlowResult): string {
  const { rssMiB, inUseMiB, alone, withSlow, secondsToLimit, streamsEnded, writtenMiBPerSecond } = result;
  const { slowClients = NaN, callers = NaN, maxBufferedBytes = NaN, writeForMs = NaN } = result.effort;
  const limit = `${String(maxBufferedBytes / 2 ** 20)} MiB`;
  const caption = [
    `${many(slowClients)} clients open the standalone stream of a server on our own transport and read nothing.`,
    `For ${String(writeForMs / 1_000)} s, the server writes ${spread(writtenMiBPerSecond)} MiB of notifications a second to them in total.`,
    `A stream is ended when more than ${limit} wait for its client (\`maxBufferedBytes\`). All the while, ${many(callers)} other clients call a tool.`,
  ].join(' ');
  const memory = markdownTable(
    ['', 'memory of the server (RSS), MiB'],
    [
      ['before the first notification', spread(rssMiB.start)],
      [`when the first stream is ended, after ${spread(secondsToLimit)} s`, spread(rssMiB.atLimit)],
      ['the most after that', spread(rssMiB.mostAfterLimit)],
      ['at the end', spread(rssMiB.end)],
      ['of that in use, when all garbage is collected', spread(inUseMiB)],
    ],
  );
  const calls = markdownTable(
    ['the other clients', 'p50 of a call, ms', 'p99, ms'],
    [
      ['without slow readers', spread(alone.p50Ms), spread(alone.p99Ms)],
      ['with them', spread(withSlow.p50Ms), spread(withSlow.p99Ms)],
    ],
  );
  const ended = `Of ${many(slowClients)} streams, ${spread(streamsEnded)} were ended for \`maxBufferedBytes\`.`;
  return [caption, memory, ended, calls].join('\n\n');
}

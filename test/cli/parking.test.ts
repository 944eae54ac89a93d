/** How many messages wait for a client that holds no stream, as `--max-parked` and `--max-parked-bytes` say. */
import { afterEach, expect, it } from 'vitest';
import { healthOf, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const QUESTIONS = 3;

/** Asks three times, when no request of its client is in flight. */
const ASKS_AT_ONCE: readonly string[] = [
  '--',
  process.execPath,
  '-e',
  `
  const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === 'initialize') {
      const { protocolVersion } = params;
      send({ id, result: { protocolVersion, capabilities: {}, serverInfo: { name: 'asks', version: '1' } } });
    }
    if (method !== 'notifications/initialized') return;
    for (let at = 1; at <= ${QUESTIONS}; at++)
      send({ id: at, method: 'elicitation/create', params: { message: 'ask' } });
  });
  `,
];

it.each([
  { limit: ['--max-parked', '0'], parked: 0 },
  { limit: ['--max-parked', '2'], parked: 2 },
  { limit: ['--max-parked', '3'], parked: 3 },
  // Each has between 70 and 100.
  { limit: ['--max-parked-bytes', '0'], parked: 0 },
  { limit: ['--max-parked-bytes', '100'], parked: 2 },
])('with $limit, of three questions $parked wait, and the others are refused', async (row) => {
  const limits = [...row.limit, '--park-timeout', '10m'];
  const { command, url } = await started.endpoint(['--trace', ...limits, ...ASKS_AT_ONCE]);
  await started.client(url);
  const last = await command.line(/elicitation\/create 3 → nowhere: (parked|refused PARK_FULL),/);
  expect(last[1]).toBe(row.parked < QUESTIONS ? 'refused PARK_FULL' : 'parked');

  const outcomes = command.stderr
    .map((line) => /→ nowhere: (\w+)/.exec(line)?.[1])
    .filter((word) => word !== undefined);
  expect(outcomes.sort()).toEqual([
    ...Array.from({ length: row.parked }, () => 'parked'),
    ...Array.from({ length: QUESTIONS - row.parked }, () => 'refused'),
  ]);
  expect(await healthOf(url)).toMatchObject({ parked: row.parked });
});

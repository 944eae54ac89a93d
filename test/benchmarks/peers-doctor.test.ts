/** What was recorded of the doctor on proxies from npm, and what the page says of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RESULTS } from '../../benchmarks/lib/program.js';
import { expectedVerdicts } from '../../benchmarks/peers/expected-verdicts.js';
import type { Behaviour, PeersDoctorResult, PeersResult, Questions } from '../../benchmarks/peers/results.js';
import { peersDoctorTable } from '../../benchmarks/tables/peers-doctor.js';
import { ALL } from '../../src/doctor/situations.js';

const read = (name: string): unknown => JSON.parse(readFileSync(join(RESULTS, `${name}.json`), 'utf8'));
const { examined, environment } = read('peers-doctor') as PeersDoctorResult;
const { behaviour } = read('peers') as PeersResult;

test.each(examined.map((one) => [`${one.name} ${one.version} (${one.upstream})`, one] as const))(
  'the doctor says of %s what the table of its behaviour says',
  (_title, { name, version, upstream, situations }) => {
    const seen = behaviour.find((one) => one.name === name && one.version === version && one.upstream === upstream);
    if (seen === undefined) throw new Error('its behaviour was not recorded');
    expect(situations.map(({ id }) => id)).toEqual(ALL.map(({ id }) => id));
    const said = Object.fromEntries(situations.map(({ id, verdict }) => [id, verdict]));
    expect(said).toMatchObject(expectedVerdicts(seen));
    const backends = situations.find(({ id }) => id === 'two-sessions')?.detail;
    expect(backends?.includes('a backend session for each')).toBe(seen.backendPerSession);
  },
);

test('the doctor was recorded on each major version of those that have two, and on our command', () => {
  const names = examined.map(({ name, version, upstream }) => `${name} ${version.replace(/\..*/, '')} ${upstream}`);
  expect(names).toEqual([
    'mcp-backchannel 0 stdio',
    'mcp-backchannel 0 http',
    'mcp-proxy 5 stdio',
    'mcp-proxy 6 stdio',
    'supergateway --stateful 3 stdio',
    'supergateway --stateful 4 stdio',
    'mcp-hub 4 stdio',
  ]);
});

const QUESTIONS: Questions = {
  first: 'answered',
  second: 'answered',
  twentieth: 'answered',
  stream: 'own',
  eightAtOnce: { answered: 8, onOwnStream: 8 },
};
const [ANY] = behaviour as [Behaviour];

test.each<readonly [string, Partial<Questions>, Partial<Record<string, string>>]>([
  ['everything works', {}, { first: 'works', twentieth: 'works', eight: 'works' }],
  [
    'the first hangs',
    { first: 'hang', second: 'hang', twentieth: 'not tried', eightAtOnce: { answered: 0, onOwnStream: 0 } },
    { first: 'hangs', second: 'hangs', twentieth: 'untried', eight: 'hangs' },
  ],
  [
    'the second fails',
    { second: 'failed', twentieth: 'not tried' },
    { first: 'works', second: 'refused', twentieth: 'untried' },
  ],
  ['some cross', { eightAtOnce: { answered: 8, onOwnStream: 1 } }, { eight: 'crosses' }],
  ['all come on GET', { stream: 'standalone', eightAtOnce: { answered: 8, onOwnStream: 0 } }, { eight: 'works' }],
])('where %s, the doctor has to say so', (_what, some, verdicts) => {
  const questions = { ...QUESTIONS, ...some };
  const seen: Behaviour = { ...ANY, standaloneNeverOpened: questions, standaloneOpen: questions };
  expect(expectedVerdicts(seen)).toMatchObject(verdicts);
});

test('the page says of each situation that has no other table what the doctor says, and faults stand out', () => {
  const [one] = examined;
  const situations = ALL.map(({ id, title }, index) => ({
    id,
    title,
    verdict: index % 2 === 0 ? ('lost' as const) : ('works' as const),
    detail: '',
    ms: 0,
  }));
  const row = peersDoctorTable({ environment, examined: one === undefined ? [] : [{ ...one, situations }] })
    .split('\n')
    .at(-1);
  const cells = row?.split('|').map((cell) => cell.trim());
  expect(cells?.slice(3, -1)).toEqual([
    'Streamable HTTP',
    ...['**lost**', 'works', '**lost**', 'works', '**lost**', 'works', '**lost**', 'works', '**lost**'],
  ]);
});

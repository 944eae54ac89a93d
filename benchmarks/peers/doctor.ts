/**
 * Runs the doctor on proxies from npm, as their users would, and compares what it says with the recorded behaviour.
 *
 *     npm run doctor:peers -- [--write]
 *
 * Exit code 1 if they differ. `--write` records what it says, for `docs/comparison.md`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/doctor/report.js';
import { environment } from '../../suites/lib/environment.js';
import { RESULTS, write } from '../lib/program.js';
import { expectedVerdicts } from './expected-verdicts.js';
import { HANG_MS, type Examined, type PeersResult } from './results.js';
import { titleOf } from './run.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'doctor-peers-'));
// They listen on loopback, and say nothing that a user of them would miss.
const node = (main: string): string => `"${process.execPath}" --require ./benchmarks/peers/loopback.cjs ${main}`;
const npm = (path: string): string => node(`benchmarks/peers/node_modules/${path}`);

const OURS = `${node('dist/cli.js')} --port {port}`;
const STREAMABLE = '--port {port} --outputTransport streamableHttp --stateful --logLevel none --stdio "{backend}"';
const HUB = `${npm('mcp-hub/dist/cli.js')} --port {port} --config {config}`;

/** By the title of its behaviour: the arguments of the doctor. The version is that of the results. */
const PROXIES: Readonly<Record<string, readonly string[]>> = {
  'mcp-backchannel stdio': ['--proxy', `${OURS} -- {backend}`],
  'mcp-backchannel http': ['--proxy', `${OURS} --url {backend-url}`],
  'mcp-proxy 5 stdio': [
    '--proxy',
    `${npm('mcp-proxy-5/dist/bin/mcp-proxy.mjs')} --port {port} --server stream {backend}`,
  ],
  'mcp-proxy 6 stdio': [
    '--proxy',
    `${npm('mcp-proxy-6/dist/bin/mcp-proxy.mjs')} --port {port} --server stream -- {backend}`,
  ],
  'supergateway 3 stdio': ['--proxy', `${npm('supergateway-3/dist/index.js')} ${STREAMABLE}`],
  'supergateway 4 stdio': ['--proxy', `${npm('supergateway-4/dist/index.js')} ${STREAMABLE}`],
  'mcp-hub stdio': ['--sse', '--proxy', HUB],
};

const { behaviour } = JSON.parse(readFileSync(join(RESULTS, 'peers.json'), 'utf8')) as PeersResult;
const env = { ...process.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder, XDG_STATE_HOME: folder };
const examined: Examined[] = [];
let differ = 0;
for (const [title, args] of Object.entries(PROXIES)) {
  const [name = '', ...rest] = title.split(' ');
  const seen = behaviour.find(
    (one) =>
      one.name.replace(' --stateful', '') === name &&
      rest.at(-1) === one.upstream &&
      (rest.length === 1 || one.version.startsWith(`${String(rest[0])}.`)),
  );
  if (seen === undefined) throw new Error(`no results of ${title}`);
  const { situations, code } = await doctor(args);
  const expected = Object.entries(expectedVerdicts(seen));
  const said = new Map(situations.map(({ id, verdict }) => [id as string, verdict]));
  const wrong = expected.filter(([id, verdict]) => said.get(id) !== verdict);
  const backends = situations.find(({ id }) => id === 'two-sessions')?.detail ?? '';
  if (backends.includes('a backend session for each') !== seen.backendPerSession)
    wrong.push(['two-sessions', seen.backendPerSession ? 'works' : 'crosses']);
  const { version, upstream, isOurs, isPeer, wire } = seen;
  examined.push({ name: seen.name, version, upstream, isOurs, isPeer, wire, situations });
  differ += wrong.length;
  const all = situations.map(({ id, verdict }) => `${id} ${verdict}`).join(', ');
  console.log(
    `${titleOf(seen)}: exit code ${String(code)}; ${wrong.length === 0 ? 'as recorded' : 'NOT as recorded'}\n  ${all}`,
  );
  for (const [id, verdict] of wrong) console.log(`  ${id}: recorded as ${verdict}`);
}
if (differ === 0 && process.argv.includes('--write'))
  write({ out: RESULTS }, 'peers-doctor', { environment: environment(), examined });
rmSync(folder, { recursive: true, force: true });
process.exitCode = differ === 0 ? 0 : 1;

async function doctor(args: readonly string[]): Promise<Pick<Report, 'situations'> & { readonly code: number }> {
  const command = ['dist/cli.js', 'doctor', '--json', '--timeout', `${String(HANG_MS)}ms`, ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      if (code > 1 || stdout === '') reject(new Error(stderr));
      else resolve({ ...(JSON.parse(stdout) as Report), code });
    });
  });
}

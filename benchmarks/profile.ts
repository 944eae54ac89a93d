/**
 * Shows where the processor time goes while 16 clients call a tool. Profiles the server of the HTTP benchmark, bare and
 * wrapped, and the command in front of a server over stdio.
 *
 *     npm run bench:profile -- [--brief] [--out <folder>]
 *
 * Sampling begins when the program is warm. Node's inspector takes the samples from outside. A sample counts for the
 * function that was running, not for its callers.
 */
import { fileURLToPath } from 'node:url';
import { environment } from '../suites/lib/environment.js';
import type { BatchTimes } from './client/batch.js';
import { Client } from './client/client.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { Profile } from './lib/results.js';
import { significant } from './lib/statistics.js';
import type { ServerName } from './http/servers.js';
import { sharesOf } from './profile/groups.js';
import { Inspected } from './profile/inspected.js';

const options = optionsFromArguments();
const effort = options.brief
  ? { warmUpCalls: 50, calls: 200, concurrency: 4, intervalUs: 200 }
  : { warmUpCalls: 10_000, calls: 20_000, concurrency: 16, intervalUs: 500 };

const BACKEND = fileURLToPath(new URL('./peers/backend.js', import.meta.url));

/** What is looked into. Each gives its port once it listens. */
const TARGETS: Readonly<Record<string, () => [Inspected, Promise<number>]>> = {
  'a server, bare': () => server('bare'),
  'a server, wrapped': () => server('wrapped'),
  'the command, stdio backends': () => {
    const program = new URL('../dist/cli.js', import.meta.url);
    const command = new Inspected(program, ['--port', '0', '--', process.execPath, BACKEND]);
    return [command, command.said(/http:\/\/127\.0\.0\.1:(\d+)/).then(Number)];
  },
};

const profiles: Profile[] = [];
for (const [target, start] of Object.entries(TARGETS)) {
  profiles.push(await profile(target, ...start()));
  process.stderr.write(`profile: ${target}\n`);
}
write(options, 'profile', { ...environment(), effort, profiles });
for (const { target, cpuUsPerCall, samples, groups } of profiles) {
  console.log(`${target}: ${String(cpuUsPerCall)} µs of processor time per call, ${String(samples)} samples`);
  console.table(groups);
}

function server(name: ServerName): [Inspected, Promise<number>] {
  const inspected = new Inspected(new URL('./http/server.child.ts', import.meta.url), [
    JSON.stringify({ server: name }),
  ]);
  return [inspected, inspected.message<{ readonly port: number }>().then(({ port }) => port)];
}

async function profile(target: string, inspected: Inspected, listening: Promise<number>): Promise<Profile> {
  const { warmUpCalls, calls, concurrency, intervalUs } = effort;
  const client = new Client();
  try {
    const port = await listening;
    const run = (count: number): Promise<BatchTimes> =>
      client.run({ port, workload: 'echo', concurrency, calls: count });
    await inspected.attach();
    await run(warmUpCalls);
    await inspected.startSampling(intervalUs);
    const before = await inspected.cpuUs();
    await run(calls);
    const cpuUsPerCall = ((await inspected.cpuUs()) - before) / calls;
    const taken = await inspected.stopSampling();
    const groups = [...sharesOf(taken)]
      .sort(([, one], [, other]) => other - one)
      .map(([group, share]) => ({
        group,
        share: significant(share),
        usPerCall: significant(share * cpuUsPerCall),
      }));
    const samples = taken.samples?.length ?? 0;
    return { target, calls, samples, cpuUsPerCall: significant(cpuUsPerCall), groups };
  } finally {
    await Promise.all([client.stop(), inspected.stop()]);
  }
}

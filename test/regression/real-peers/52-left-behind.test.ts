/** A stdio server leaves what it has started behind. */
import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../../support/alive.js';
import { Started } from '../../cli/support.js';
import { SERVER } from './stdio-rig.js';

const started = new Started();
const helpers: number[] = [];
afterEach(async () => {
  await started.end();
  for (const pid of helpers.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

/** Answers `helper` with the process id of one that holds none of its pipes. It does not hear of SIGTERM if `stubborn`. */
const STARTING = SERVER.map((arg) =>
  arg.replace(
    "if (params?.name === 'hold')",
    `
    if (params?.name === 'helper') {
      const { detached = false, stubborn = false } = params.arguments;
      const script = (stubborn ? "process.on('SIGTERM', () => {});" : '') + "setInterval(() => {}, 60_000); console.log('up')";
      const helper = require('node:child_process').spawn(process.execPath, ['-e', script], { detached, stdio: ['ignore', 'pipe', 'ignore'] });
      helper.unref();
      return helper.stdout.once('data', () => {
        helper.stdout.destroy();
        answer(id, String(helper.pid));
      });
    }
    if (params?.name === 'die') process.kill(process.pid, 'SIGKILL');
    if (params?.name === 'pid') return answer(id, String(process.pid));
    if (params?.name === 'hold')`,
  ),
);

interface Run {
  readonly helper: number;
  readonly server: number;
  readonly delete: () => Promise<unknown>;
  readonly die: () => Promise<unknown>;
  readonly stop: (signal: NodeJS.Signals) => Promise<unknown>;
}

async function running(args: object): Promise<Run> {
  const { url, command } = await started.endpoint([...STARTING]);
  const client = await started.client(url);
  const server = Number(await client.callTool('pid'));
  const helper = Number(await client.callTool('helper', args));
  helpers.push(server, helper);
  expect([server, helper].filter(isAlive)).toEqual([server, helper]);
  return {
    helper,
    server,
    delete: async () => client.delete(),
    die: async () => client.request('tools/call', { name: 'die' }),
    stop: async (signal) => {
      command.process.kill(signal);
      return command.exit;
    },
  };
}

const gone = async ({ helper, server }: Run): Promise<void> => {
  await expect.poll(() => [server, helper].filter(isAlive), { timeout: 10_000 }).toEqual([]);
};

it.each<[string, object]>([
  ['in its group', {}],
  ['in its group, which does not hear of SIGTERM', { stubborn: true }],
])('52 what a server leaves %s is ended with the session', async (_where, args) => {
  const run = await running(args);
  await run.delete();
  await gone(run);
});

it.each<[string, object]>([
  ['in its group', {}],
  ['in its group, which does not hear of SIGTERM', { stubborn: true }],
])('52 what a server that died leaves %s is ended', async (_where, args) => {
  const run = await running(args);
  await run.die();
  await gone(run);
});

it.each<[NodeJS.Signals, object]>([
  ['SIGTERM', {}],
  ['SIGTERM', { stubborn: true }],
])('52 nothing is left when the command ends on %s, of a helper that is %o', async (signal, args) => {
  const run = await running(args);
  expect(await run.stop(signal)).toEqual({ code: 0, signal: null });
  expect([run.server, run.helper].filter(isAlive)).toEqual([]);
});

/** A stdio server leaves what it has started behind. */
import { expect, it, type TestContext } from 'vitest';
import { isAlive } from '../../support/alive.js';
import { startedIn } from '../../cli/support.js';
import { SERVER } from './stdio-rig.js';

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

async function running(args: object, context: TestContext): Promise<Run> {
  const started = startedIn(context);
  const { url, command } = await started.endpoint([...STARTING]);
  const client = await started.client(url);
  const server = Number(await client.callTool('pid'));
  const helper = Number(await client.callTool('helper', args));
  context.onTestFinished(() => {
    for (const pid of [server, helper]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
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

const gone = async ({ helper, server }: Run, { expect }: TestContext): Promise<void> => {
  await expect.poll(() => [server, helper].filter(isAlive), { timeout: 10_000 }).toEqual([]);
};

it.concurrent.for<[string, object]>([
  ['in its group', {}],
  ['in its group, which does not hear of SIGTERM', { stubborn: true }],
])('52 what a server leaves %s is ended with the session', async ([, args], context) => {
  const run = await running(args, context);
  await run.delete();
  await gone(run, context);
});

it.concurrent.for<[string, object]>([
  ['in its group', {}],
  ['in its group, which does not hear of SIGTERM', { stubborn: true }],
])('52 what a server that died leaves %s is ended', async ([, args], context) => {
  const run = await running(args, context);
  await run.die();
  await gone(run, context);
});

it.concurrent.for<[NodeJS.Signals, object]>([
  ['SIGTERM', {}],
  ['SIGTERM', { stubborn: true }],
])('52 nothing is left when the command ends on %s, of a helper that is %o', async ([signal, args], context) => {
  const run = await running(args, context);
  expect(await run.stop(signal)).toEqual({ code: 0, signal: null });
  expect([run.server, run.helper].filter(isAlive)).toEqual([]);
});

/** Many calls of one session at once, through the command and without `--serialize`, of servers that ask in every way. */
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { CAPABILITIES, fixture, open, ROUNDS, strayCalls } from './support.js';

const SERVERS: readonly (readonly [string, readonly string[]])[] = [
  ['SDK 1.x as an ES module', ['node', fixture('sdk1-esm.js')]],
  ['SDK 1.x in CommonJS', ['node', fixture('sdk1-commonjs.cjs')]],
  ['SDK 2.x as an ES module', ['node', fixture('sdk2-esm.js')]],
  ['SDK 2.x in CommonJS', ['node', fixture('sdk2-commonjs.cjs')]],
  ['SDK 2.x by serveStdio()', ['node', fixture('sdk2-serve-stdio.js')]],
  ['a subclass of its transport', [process.execPath, fixture('subclass.js')]],
  ['TypeScript by tsx', ['npx', '--no-install', 'tsx', fixture('typescript.ts')]],
];

describe('of 8 calls at once, each is asked on its own stream, with GET open or not,', () => {
  const started = new Started();
  afterEach(async () => started.end());

  it.each(SERVERS)('by a server with %s', async (_, server) => {
    const { url } = await started.endpoint(['--', ...server]);
    const clients = [await started.client(url, { capabilities: CAPABILITIES })];
    clients.push(await started.client(url, { capabilities: CAPABILITIES }));
    await clients[1]?.openGet();
    for (let round = 1; round <= ROUNDS; round++) {
      const strays = await Promise.all(clients.map(async (client) => strayCalls(client, 8, 'ask')));
      expect(strays, `round ${round}`).toEqual([[], []]);
    }
  });

  it.each(['open', 'never opened'])('by server-everything, run by npx, GET %s', async (get) => {
    const client = await open(started, ['--', 'npx', '--no-install', 'mcp-server-everything']);
    if (get === 'open') await client.openGet();
    for (let round = 1; round <= ROUNDS; round++) {
      const strays = await strayCalls(client, 8, 'trigger-elicitation-request');
      expect(strays, `round ${round}`).toEqual([]);
    }
  });
});

describe('a server', () => {
  const started = new Started();
  afterEach(async () => started.end());

  it('asks 64 of 64 calls on their own streams', async () => {
    const client = await open(started, ['--', 'node', fixture('sdk1-esm.js')]);
    expect(await strayCalls(client, 64, 'ask')).toEqual([]);
  });

  it('asks them with evidence that is no guess, so that ambiguous: reject refuses nothing', async () => {
    const { url, command } = await started.endpoint([
      '--trace',
      '--ambiguous',
      'reject',
      '--',
      'node',
      fixture('sdk2-esm.js'),
    ]);
    const client = await started.client(url, { capabilities: CAPABILITIES });
    expect(await strayCalls(client, 8, 'ask')).toEqual([]);
    const traced = command.stderr.filter((line) =>
      /(elicitation\/create|sampling\/createMessage|notifications\/message).* → /.test(line),
    );
    expect(traced).toHaveLength(32);
    expect(traced.filter((line) => !line.includes('provenance'))).toEqual([]);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    expect(metrics).toMatch(/evidence="provenance".* 32$/m);
  });

  it('that asks through one worker for all calls answers each of them', async () => {
    const client = await open(started, ['--', 'node', fixture('sdk1-esm.js')]);
    client.answer('elicitation/create', () => ({ action: 'accept', content: { answer: 'yes' } }));
    const calls = Array.from({ length: 8 }, async () => client.callTool('ask-through-a-queue'));
    expect(await Promise.all(calls)).toEqual(Array(8).fill('yes'));
  });

  it('without provenance is asked by guesses', async () => {
    const { url, command } = await started.endpoint([
      '--trace',
      '--no-provenance',
      '--',
      'node',
      fixture('sdk1-esm.js'),
    ]);
    const client = await started.client(url, { capabilities: CAPABILITIES });
    expect(await strayCalls(client, 8, 'ask')).not.toEqual([]);
    expect(command.stderr.join('\n')).not.toContain('provenance');
  });
});

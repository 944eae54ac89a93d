/** Nodes as people run them: the built command, in processes of their own, with a real Redis. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BACKEND, elicitations, healthOf, MIRROR, ROOT, Started } from '../cli/support.js';
import { commandNodes, metricsOf, SECRET, type RunningNode } from './command-nodes.js';
import { HAS_REDIS, MIN_REDIS_RIGHTS, redisNote, startRedis } from './redis.js';

const PASSWORD = 'pass word:of/ours';

const started = new Started();
afterEach(async () => started.end());

const { startNode, startNodes, roundRobin } = commandNodes(started);

async function statusOf({ url }: RunningNode): Promise<readonly [number, unknown]> {
  const response = await fetch(new URL('/healthz', url));
  return [response.status, ((await response.json()) as { status: unknown }).status];
}

describe.runIf(HAS_REDIS)(`the command as a node${redisNote}`, () => {
  it('takes answers to elicitations on other nodes than the one that asks, and says which node did what', async () => {
    const nodes = await startNodes(3, ['--trace', ...BACKEND], { env: { DEBUG: 'mcp-backchannel:cluster' } });
    const [one, two, three] = nodes as [RunningNode, RunningNode, RunningNode];
    const client = await roundRobin(one, [two, three, one]);
    for (let call = 0; call < 6; call++)
      expect(await client.callTool('ask', { tag: `call ${call}` })).toBe(`call ${call}: accept Ada`);
    expect(elicitations(client)).toEqual([1, 2, 3, 4, 5, 6].map((id) => `POST ${id}`));

    const session = client.sessionId?.split('.')[1]?.slice(0, 8) ?? '';
    await one.command.line(new RegExp(`^\\S+Z node ${one.name} ${session} .* elicitation/create 0 →`));
    await two.command.line(new RegExp(`\\[${two.name}\\] POST passed on to node ${one.name}: answered`));
    expect(await metricsOf(one)).toMatch(/^mcp_backchannel_cluster_passed_total\{outcome="answered"\} 0$/m);
    const text = await metricsOf(two);
    expect(text).toMatch(/^mcp_backchannel_cluster_passed_total\{outcome="answered"\} [1-9]/m);
    expect(text).toMatch(/^mcp_backchannel_cluster_nodes 3$/m);
    expect(text).toMatch(/^mcp_backchannel_cluster_engine_up 1$/m);
    expect(text).toMatch(/^mcp_backchannel_cluster_adopted_total 0$/m);
  });

  it('lets a call in flight finish on SIGTERM, its question answered over another node, and gives away new sessions', async () => {
    const [one, two] = (await startNodes(2)) as [RunningNode, RunningNode];
    const client = await roundRobin(one, [two], { answers: {} });
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);

    one.command.process.kill('SIGTERM');
    await one.command.line(/SIGTERM: lets calls in flight finish/);
    expect(await statusOf(one)).toEqual([503, 'draining']);
    const newcomer = await started.client(one.url);
    expect(newcomer.sessionId?.startsWith(two.name)).toBe(true);
    await client.reply(message.id, { action: 'accept', content: { answer: 'Ada' } });

    expect(await call.response).toMatchObject({ result: { content: [{ text: 'accept' }] } });
    expect(await one.command.exit).toEqual({ code: 0, signal: null });
    expect(await healthOf(two.url)).toMatchObject({ status: 'ok', sessions: 1 });
    await expect.poll(async () => healthOf(two.url)).toMatchObject({ nodes: 1 });
    expect((await client.post({ jsonrpc: '2.0', id: 9, method: 'ping' })).status).toBe(404);
  });

  it('lets a call finish that it has passed on, although it drains, and does not wait for a GET stream', async () => {
    const [one, two] = (await startNodes(2)) as [RunningNode, RunningNode];
    const client = await roundRobin(one, [two], { answers: {} });
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);
    await client.openGet();
    const direct = await roundRobin(one, [one]);
    Object.assign(direct, { sessionId: client.sessionId });

    const began = performance.now();
    two.command.process.kill('SIGTERM');
    // Longer than answers that are being written get.
    await setTimeout(1_500);
    await direct.reply(message.id, { action: 'accept', content: { answer: 'Ada' } });
    expect(await call.response).toMatchObject({ result: { content: [{ text: 'accept' }] } });
    expect(await two.command.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('goes on with the session of a node that was killed, if its server is over HTTP', async () => {
    const backend = await started.backendOverHttp();
    const [one, two] = (await startNodes(2, ['--url', backend.url])) as [RunningNode, RunningNode];
    const client = await roundRobin(one, [two]);
    await client.callTool('remember', { key: 'name', value: 'Ada' });
    one.command.process.kill('SIGKILL');
    await one.command.exit;
    expect(await client.callTool('recall', { key: 'name' })).toBe('"Ada"');
    expect(await metricsOf(two)).toMatch(/^mcp_backchannel_cluster_adopted_total 1$/m);
  });

  it('goes on without Redis, says so, and is whole again when it is back', async () => {
    const redis = await startRedis();
    const [one, two] = (await startNodes(2, MIRROR, { redis: redis.url })) as [RunningNode, RunningNode];
    const client = await roundRobin(one, [two, one]);
    await redis.kill();
    await expect.poll(async () => healthOf(one.url), { timeout: 5_000 }).toMatchObject({ engine: 'down', nodes: 2 });
    expect(await statusOf(one)).toEqual([200, 'ok']);
    expect(await metricsOf(one)).toMatch(/^mcp_backchannel_cluster_engine_up 0$/m);
    expect(await client.callTool('ask')).toBe('accept');
    await redis.restart();
    await expect.poll(async () => healthOf(one.url), { timeout: 5_000 }).toMatchObject({ engine: 'up', nodes: 2 });
    expect(await client.callTool('ask')).toBe('accept');
  });

  it('shows neither the password of Redis nor the secret, nor passes them on to its server', async () => {
    const redis = await startRedis('--requirepass', PASSWORD);
    const url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${redis.port}`;
    const [, node = '', dashE = '', code = ''] = MIRROR;
    const told = `console.error('it was told', ${JSON.stringify([SECRET, PASSWORD, encodeURIComponent(PASSWORD)])}.join());`;
    const args = ['--trace', '--', node, dashE, told + code];
    const [one, two] = (await startNodes(2, args, { redis: url, env: { DEBUG: 'mcp-backchannel:*' } })) as [
      RunningNode,
      RunningNode,
    ];
    const client = await roundRobin(one, [two, one]);
    const seen = JSON.parse(await client.callTool('look')) as { env: Readonly<Record<string, string>> };
    expect(Object.keys(seen.env).filter((name) => name.startsWith('MCP_BACKCHANNEL_'))).toEqual([]);
    await redis.kill();
    await expect.poll(async () => healthOf(one.url), { timeout: 5_000 }).toMatchObject({ engine: 'down' });
    for (const { command } of [one, two]) {
      command.process.kill('SIGTERM');
      expect(await command.exit).toEqual({ code: 0, signal: null });
      const text = [...command.stderr, command.stdout].join('\n');
      if (command === one.command) expect(text).toContain('it was told ***,***,***');
      expect(text).toMatch(/Redis at 127\.0\.0\.1:\d+: /);
      for (const secret of [SECRET, PASSWORD, encodeURIComponent(PASSWORD)]) expect(text).not.toContain(secret);
    }
  });

  it('needs no more rights in Redis than docs/deploy.md gives it', async () => {
    const page = (await readFile(join(ROOT, 'docs/deploy.md'), 'utf8')).replace(/\s+/g, ' ');
    expect(page).toContain(`ACL SETUSER mcpb on >PASSWORD ${MIN_REDIS_RIGHTS} `);
    const backend = await started.backendOverHttp();
    const { port } = await startRedis('--user', 'mcpb', 'on', '>of-ours-only', ...MIN_REDIS_RIGHTS.split(' '));
    const redis = `redis://mcpb:of-ours-only@127.0.0.1:${port}`;
    const [one, two] = (await startNodes(2, ['--url', backend.url], { redis })) as [RunningNode, RunningNode];
    const client = await roundRobin(one, [two]);
    one.command.process.kill('SIGTERM');
    expect(await one.command.exit).toEqual({ code: 0, signal: null });
    expect(await client.callTool('ask')).toBe('ask: accept Ada');
    const said = [one, two].flatMap(({ command }) => command.stderr).filter((line) => line.includes('Redis'));
    expect(said).toEqual([]);
  });

  it('is reached by the other nodes at the address that it is told to have', async () => {
    const { url } = await startRedis();
    const node = await startNode(url, ['--inner-address', 'localhost', ...MIRROR]);
    expect(node.inner).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await fetch(node.inner, { method: 'POST' })).status).toBe(502);
    const port = new URL(node.inner).port;
    const other = started.command(['--port', '0', '--inner-address', `localhost:${port}`, ...MIRROR], {
      MCP_BACKCHANNEL_CLUSTER: url,
      MCP_BACKCHANNEL_CLUSTER_SECRET: SECRET,
    });
    expect(await other.exit).toEqual({ code: 1, signal: null });
    expect(other.stderr).toEqual([
      `mcp-backchannel: error: no listener for the other nodes on port ${port}: the port is in use`,
    ]);
  });
});

describe('the command does not serve', () => {
  const env = { MCP_BACKCHANNEL_CLUSTER_SECRET: SECRET };

  it('if Redis is away, and says so once', async () => {
    const url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:1`;
    const command = started.command(['--port', '0', '--cluster', url, ...MIRROR], env);
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(command.stderr).toEqual([
      'mcp-backchannel: error: cannot join the cluster: Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    ]);
  });

  it('if there is no way to Redis', async () => {
    const command = started.command(['--port', '0', '--cluster', 'redis://redis.invalid', ...MIRROR], env);
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(command.stderr).toEqual([
      expect.stringMatching(
        /^mcp-backchannel: error: cannot join the cluster: no way to redis\.invalid: .*redis\.invalid/,
      ),
    ]);
  });

  it('if the URL of Redis says what it cannot', async () => {
    const url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1/name`;
    const command = started.command(['--port', '0', '--cluster', url, ...MIRROR], env);
    expect(await command.exit).toEqual({ code: 2, signal: null });
    expect(command.stderr).toEqual([
      'mcp-backchannel: the path of the URL of the cluster must be the number of a database',
    ]);
  });

  it('without the package ioredis, which it names', async () => {
    const hook = `export const resolve = (name, context, next) => name === 'ioredis'
      ? Promise.reject(Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })) : next(name, context);`;
    const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
    const preload = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`);
    const args = ['--port', '0', '--cluster', 'redis://127.0.0.1:1', ...MIRROR];
    const command = started.command(args, { ...env, NODE_OPTIONS: `--import=${preload}` });
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(command.stderr).toEqual([
      'mcp-backchannel: error: cannot join the cluster: a cluster on Redis needs the package ioredis: npm install ioredis',
    ]);
  });
});

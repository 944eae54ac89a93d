/** Nodes of the command, and the Redis in which they find each other. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/doctor/free-port.js';
import { run, type Running } from './processes.js';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const NODE = [process.execPath, '--import', 'tsx'] as const;

/** A server over stdio, one process for each session. */
export const OVER_STDIO: readonly string[] = [
  '--',
  ...NODE,
  fileURLToPath(new URL('../lib/backend-stdio.ts', import.meta.url)),
];

export interface RunningNode extends Pick<Running, 'process' | 'ended'> {
  readonly name: string;
  readonly port: number;
  /** With this, the ids of its sessions begin. */
  readonly prefix: string;
}

export async function startRedis(folder: string): Promise<string> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  await run('redis-server', args).line(/Ready to accept connections/);
  return `redis://127.0.0.1:${port}`;
}

/** Starts nodes that know each other. @param server what they serve */
export async function startNodes(
  names: readonly string[],
  redis: string,
  server: readonly string[],
): Promise<readonly RunningNode[]> {
  const env = { MCP_BACKCHANNEL_CLUSTER: redis, MCP_BACKCHANNEL_CLUSTER_SECRET: randomBytes(32).toString('base64') };
  const nodes = await Promise.all(names.map(async (name) => startNode(name, server, env)));
  // Each learns of the others by its next beat.
  for (const node of nodes)
    while ((await healthOf(node)).nodes < nodes.length) await new Promise((resolve) => setTimeout(resolve, 20));
  return nodes;
}

/** A server over HTTP, in which all nodes open their sessions. @returns its URL */
export async function startServerOverHttp(): Promise<string> {
  const [node, ...args] = NODE;
  const file = fileURLToPath(new URL('../lib/backend-http.ts', import.meta.url));
  const [url] = await run(node, [...args, file]).line(/^http:.*/);
  return url;
}

async function startNode(name: string, server: readonly string[], env: NodeJS.ProcessEnv): Promise<RunningNode> {
  const [node, ...args] = NODE;
  const command = run(node, [...args, CLI, '--port', '0', '--lease', '1s', ...server], env);
  const [, port = ''] = await command.line(/serves .* at http:.*:(\d+)\/mcp/);
  const [, prefix = ''] = await command.line(/is node (\S+),/);
  return { name, port: Number(port), prefix, process: command.process, ended: command.ended };
}

interface Health {
  readonly status: string;
  readonly nodes: number;
  readonly sessions: number;
}

export async function healthOf({ port }: Pick<RunningNode, 'port'>): Promise<Health> {
  return (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as Health;
}

/** Nodes as people run them: the built command, in processes of their own. */
import { expect, vi } from 'vitest';
import type { StrictClient, StrictClientOptions } from '../../examples/lib/strict-client.js';
import { healthOf, MIRROR, type Command, type Started } from '../cli/support.js';
import { startRedis } from './redis.js';

export const SECRET = 'a secret of all the nodes/+==';

export interface RunningNode {
  readonly command: Command;
  readonly url: string;
  /** As logs and `/healthz` call it. The ids of its sessions begin with it. */
  readonly name: string;
  readonly inner: string;
}

export interface CommandNodes {
  readonly startNode: (redis: string, args?: readonly string[], env?: NodeJS.ProcessEnv) => Promise<RunningNode>;
  /** They know of each other. @default a Redis of their own, which ends with the test */
  readonly startNodes: (
    count: number,
    args?: readonly string[],
    options?: { readonly redis?: string; readonly env?: NodeJS.ProcessEnv },
  ) => Promise<readonly RunningNode[]>;
  /** A client with a session on the first node. Its requests then go to these in turn. */
  readonly roundRobin: (
    first: RunningNode,
    then: readonly RunningNode[],
    options?: StrictClientOptions,
  ) => Promise<StrictClient>;
}

/** Starts nodes that end with what else was started. */
export function commandNodes(started: Started): CommandNodes {
  async function startNode(
    redis: string,
    args: readonly string[] = MIRROR,
    env: NodeJS.ProcessEnv = {},
  ): Promise<RunningNode> {
    const secrets = { MCP_BACKCHANNEL_CLUSTER: redis, MCP_BACKCHANNEL_CLUSTER_SECRET: SECRET };
    const { command, url } = await started.endpoint(['--lease', '1500ms', ...args], { ...secrets, ...env });
    const joined = /is node (\S+), one of \d+; the others reach it at (http:\S+)/;
    const [, name = '', inner = ''] = await command.line(joined);
    return { command, url, name, inner };
  }
  return {
    startNode,
    async startNodes(count, args, { redis, env } = {}) {
      const url = redis ?? (await startRedis()).url;
      const nodes = await Promise.all(Array.from({ length: count }, async () => startNode(url, args, env)));
      const knowsAll = async ({ url: of }: RunningNode): Promise<void> => {
        expect(await healthOf(of)).toMatchObject({ nodes: count });
      };
      for (const node of nodes) await vi.waitFor(() => knowsAll(node), { timeout: 5_000 });
      return nodes;
    },
    async roundRobin(first, then, options) {
      const client = await started.client(first.url, options);
      let sent = 0;
      // Every request reads it once.
      Object.defineProperty(client, 'url', { get: () => then[sent++ % then.length]?.url });
      return client;
    },
  };
}

export async function metricsOf({ url }: RunningNode): Promise<string> {
  return (await fetch(new URL('/metrics', url))).text();
}

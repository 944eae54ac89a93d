/** Nodes that are processes, on a real Redis, with a backend over stdio that notes each call it runs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { StrictClient, type StrictClientOptions } from '../../../examples/lib/strict-client.js';
import type { ClusterSnapshot } from '../../../src/cluster/cluster.js';
import type { ProxySnapshot } from '../../../src/proxy/options.js';
import { IS_LONG } from '../../faults/long.js';
import { lateRelay, type LateRelay } from '../../support/late-relay.js';
import { answersOf } from '../../support/stage.js';
import { startRedis, type RedisServer } from '../redis.js';
import { SECRET } from '../rig.js';

const NODE = fileURLToPath(new URL('../fixtures/node.js', import.meta.url));

/** Short, so that the tests are. */
export const LEASE_MS = 900;
const BEAT_MS = LEASE_MS / 3;
/** Within which the others notice a node that is frozen, or is cut off. */
export const NOTICED_MS: number = LEASE_MS + 2 * BEAT_MS;
/** Of one that is dead. */
export const AT_ONCE_MS = 1_000;

/** Each fault once, or ten times in a row. */
export const ROUNDS: { readonly repeats: number; readonly timeout: number } = {
  repeats: IS_LONG ? 9 : 0,
  timeout: 60_000,
};

export interface NodeOptions {
  /** By how much its clock is wrong. @default 0 */
  readonly aheadMs?: number;
  /** @default 10_000 */
  readonly drainMs?: number;
  /** How long it goes on listening when it has drained. @default 0 */
  readonly lingerMs?: number;
  readonly hasEventStore?: boolean;
  /** @default LEASE_MS */
  readonly leaseMs?: number;
  /** By how much everything is late that the node and Redis tell each other. @default 0 */
  readonly engineLateMs?: number;
  /** Where the node reaches Redis. @default loopback */
  readonly redisHost?: string;
  /** Where its listeners are. @default loopback */
  readonly hosts?: { readonly outer: string; readonly inner: string };
  /** The network namespace that it runs in. @default none */
  readonly namespace?: string;
}

interface NodeReport {
  readonly cluster: ClusterSnapshot;
  readonly proxy: ProxySnapshot;
  readonly errors: readonly string[];
}

export class FaultNode {
  readonly #exited: Promise<unknown>;

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.#exited = once(child, 'exit');
  }

  static async start(job: object, namespace?: string): Promise<FaultNode> {
    const program = [process.execPath, NODE, JSON.stringify(job)];
    const [command = '', ...args] = namespace === undefined ? program : ['ip', 'netns', 'exec', namespace, ...program];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the node has ended with ${String(code)}`);
    });
    ended.catch(() => undefined);
    const [{ url }] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly url: string }];
    return new FaultNode(url, child);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async report(): Promise<NodeReport> {
    const told = once(this.child, 'message');
    this.child.send({});
    return ((await told) as [NodeReport])[0];
  }

  /** @returns the code with which it ended by itself, or the signal that ended it */
  async exit(): Promise<number | string | null> {
    if (!this.hasEnded) await this.#exited;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit();
  }
}

export interface FaultStage {
  readonly redis: RedisServer;
  readonly nodes: readonly [FaultNode, FaultNode, FaultNode];
  readonly startNode: (options?: NodeOptions) => Promise<FaultNode>;
  /** A client with a session on the first node. Its requests go to these nodes in turn. @default all, from the second on */
  readonly connect: (options?: ClientOptions) => Promise<StrictClient>;
  /** A client whose every request goes where this tells. */
  readonly client: (next: () => FaultNode, options?: StrictClientOptions) => StrictClient;
  /** How often each call ran. */
  readonly runs: () => ReadonlyMap<string, number>;
  /** How often a call ran. */
  readonly runsOf: (key: string) => number;
}

interface ClientOptions extends StrictClientOptions {
  readonly name?: string;
  readonly opensOn?: FaultNode;
  readonly via?: readonly FaultNode[];
}

/**
 * Opens three nodes that know one another, and ends them with the test. Whatever happened, no call has run twice by then,
 * and no client has got two answers to one request.
 */
export async function openStage(
  options: NodeOptions | readonly NodeOptions[] = {},
  redisArgs: readonly string[] = [],
): Promise<FaultStage> {
  const redis = await startRedis(...redisArgs);
  const folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-faults-'));
  const journal = join(folder, 'journal');
  const started: FaultNode[] = [];
  const clients: StrictClient[] = [];
  const relays: LateRelay[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.vanish();
    await Promise.all(started.map(async (node) => node.kill()));
    await Promise.all(relays.map(async (relay) => relay.close()));
    const runs = runsIn(journal);
    rmSync(folder, { recursive: true });
    expect([...runs].filter(([, times]) => times > 1)).toEqual([]);
    for (const client of clients) expect(answeredTwice(client)).toEqual([]);
  });

  async function startNode(given: NodeOptions = {}): Promise<FaultNode> {
    const { namespace, redisHost = '127.0.0.1', engineLateMs = 0, ...own } = given;
    const late = engineLateMs === 0 ? undefined : await lateRelay(redis.port, engineLateMs);
    if (late !== undefined) relays.push(late);
    const defaults = {
      redis: `redis://${redisHost}:${late?.port ?? redis.port}`,
      hosts: { outer: '127.0.0.1', inner: '127.0.0.1' },
      aheadMs: 0,
      drainMs: 10_000,
    };
    const job = { ...defaults, lingerMs: 0, hasEventStore: false, secret: SECRET, leaseMs: LEASE_MS, journal, ...own };
    const node = await FaultNode.start(job, namespace);
    started.push(node);
    return node;
  }

  function client(next: () => FaultNode, clientOptions: StrictClientOptions = {}): StrictClient {
    const made = new StrictClient('', clientOptions);
    // Every request reads it once.
    Object.defineProperty(made, 'url', { get: () => next().url });
    clients.push(made);
    return made;
  }

  const each = Array.from({ length: 3 }, (_, at) =>
    Array.isArray(options) ? (options as NodeOptions[])[at] : options,
  );
  const nodes = (await Promise.all(each.map(async (own) => startNode(own as NodeOptions)))) as [
    FaultNode,
    FaultNode,
    FaultNode,
  ];
  await know(nodes, 3);
  return {
    redis,
    nodes,
    startNode,
    client,
    async connect({ name = 'ann', opensOn = nodes[0], via = [nodes[1], nodes[2], nodes[0]], ...clientOptions } = {}) {
      let sent = 0;
      const opened = client(() => (opened.sessionId === undefined ? opensOn : (via[sent++ % via.length] ?? opensOn)), {
        answers: answersOf(name),
        ...clientOptions,
      });
      await opened.initialize();
      return opened;
    },
    runs: () => runsIn(journal),
    runsOf: (key) => runsIn(journal).get(key) ?? 0,
  };
}

/** Until each of these nodes counts so many. */
export async function know(nodes: readonly FaultNode[], count: number): Promise<void> {
  const counts = async (): Promise<number[]> =>
    Promise.all(nodes.map(async (node) => (await node.report()).cluster.nodes));
  await expect.poll(counts, { timeout: 15_000 }).toEqual(nodes.map(() => count));
}

/** What a node says to a ping in the session of this client, and when. */
export async function pingAt(
  node: FaultNode,
  { sessionId = '' }: StrictClient,
): Promise<{ readonly status: number; readonly text: string; readonly ms: number }> {
  const sentAt = performance.now();
  const response = await fetch(node.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': sessionId,
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'ping', method: 'ping' }),
  });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - sentAt };
}

/**
 * Each of these nodes says within a second that the session is gone. A request that crosses the death of its node may have
 * run there, so it gets an error; the next one does not.
 */
export async function isGoneAt(nodes: readonly FaultNode[], client: StrictClient): Promise<void> {
  for (const node of nodes) {
    const first = await pingAt(node, client);
    if (first.status === 200) expect(first.text).toContain('may have run');
    const { status, text, ms } = first.status === 404 ? first : await pingAt(node, client);
    expect(status, text).toBe(404);
    expect(ms + first.ms).toBeLessThan(AT_ONCE_MS);
  }
}

export async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const began = performance.now();
  return { value: await work, ms: performance.now() - began };
}

/** The id of its node, as it stands in the id of the session. */
export function ownerIdOf({ sessionId = '' }: StrictClient): string {
  return sessionId.split('.')[0] ?? '';
}

function runsIn(journal: string): Map<string, number> {
  const runs = new Map<string, number>();
  const keys = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : [];
  for (const key of keys) runs.set(key, (runs.get(key) ?? 0) + 1);
  return runs;
}

function answeredTwice({ arrivals }: StrictClient): unknown[] {
  const ids = arrivals.flatMap(({ message }) =>
    message.method === undefined && message.id != null ? [message.id] : [],
  );
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}

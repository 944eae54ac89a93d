import type { AgentOptions } from 'node:https';
import { debug } from '../debug.js';
import { asError, BackchannelError } from '../errors.js';
import { Adoption } from './adoption.js';
import type { Cluster } from './cluster.js';
import type { Engine } from './engine.js';
import { lostStream, namingStore } from './event-ids.js';
import { Forwarder } from './forward.js';
import { shownNode } from '../shown-node.js';
import { InnerRequests } from './inner-request.js';
import { Members } from './members.js';
import { Seal } from './seal.js';

const DEFAULT_LEASE_MS = 3_000;

/** What the nodes of a cluster have in common, whatever the engine. */
export interface NodeOptions {
  /** The base URL of this node's inner listener, as other nodes reach it. `join()` can name it, too. */
  readonly address?: string | undefined;
  /** How long a node that is not heard of counts as alive, in milliseconds. @default 3000 */
  readonly leaseMs?: number | undefined;
  /** How many requests may be passed on at once. One more gets 503. @default 10_000 */
  readonly maxPassed?: number | undefined;
  /** For inner listeners that are reached by `https:`: certificates and keys. @default none */
  readonly tls?: AgentOptions | undefined;
  /** Called for errors without a caller: the engine is away, or somebody forges leases. @default none */
  readonly onerror?: ((error: Error) => void) | undefined;
}

export interface ClusterOptions extends NodeOptions {
  /** Where the nodes find each other. */
  readonly engine: Engine;
  /** Shared by all nodes, and by nobody else. At least 16 characters. */
  readonly secret: string;
}

/**
 * Makes this process a node of a cluster, over any engine.
 *
 * @throws BackchannelError `INVALID_OPTION` if the secret or the lease is too short
 */
export function createCluster(options: ClusterOptions): Cluster {
  const { engine, secret, leaseMs = DEFAULT_LEASE_MS, maxPassed, tls } = options;
  const report = (error: Error): void => {
    debug.cluster('[%s] %s', shownNode(members.self), error.message);
    options.onerror?.(error);
  };
  const members = new Members({ engine, secret, leaseMs, report });
  const seal = new Seal(secret);
  const adoptions = new Adoption({
    engine,
    seal,
    self: () => members.self,
    whereIs: (sessionId) => members.whereIs(sessionId),
    engineSince: () => members.engineSince,
    remembers: () => members.remembers(),
  });
  const requests = new InnerRequests({
    seal,
    get self() {
      return members.self;
    },
    engineNow: () => members.engineNow(),
  });
  const forwarder = new Forwarder({
    signed: (request, to) => requests.signed(request, to),
    onRefused: ({ id }) => {
      members.refused(id);
    },
    onOver: ({ method }, { id }, outcome) => {
      debug.cluster('[%s] %s passed on to node %s: %s', shownNode(members.self), method, shownNode(id), outcome);
    },
    maxPassed,
    tls,
  });
  members.onGone((id) => {
    debug.cluster('[%s] node %s is gone', shownNode(members.self), shownNode(id));
    forwarder.gone(id);
  });

  return {
    get self() {
      return members.self;
    },
    async join(address = options.address) {
      await members.join(checkedAddress(address));
      debug.cluster('[%s] joined, one of %d nodes', shownNode(members.self), members.snapshot().nodes);
    },
    async drain() {
      debug.cluster('[%s] drains', shownNode(members.self));
      await members.drain();
    },
    async leave() {
      adoptions.close();
      await members.leave();
      debug.cluster('[%s] has left', shownNode(members.self));
      await forwarder.close();
    },
    whereIs: (sessionId) => members.whereIs(sessionId),
    other: () => members.other(),
    pass: (request, node) => forwarder.pass(request, node),
    received: (request, maxBytes) => requests.received(request, maxBytes),
    adoptions,
    eventIds: { namingStore, lostStream },
    onLost(listener) {
      members.onLost(() => {
        try {
          listener();
        } catch (error) {
          report(asError(error));
        }
      });
    },
    snapshot: () => ({ ...members.snapshot(), passed: forwarder.counts, adopted: adoptions.adopted }),
  };
}

function checkedAddress(address: string | undefined): string {
  const isUrl = address !== undefined && URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
  if (isUrl) return address;
  throw new BackchannelError(
    'INVALID_OPTION',
    `option address must be the URL of this node's inner listener, such as http://10.0.0.1:3001, not ${String(address)}`,
  );
}

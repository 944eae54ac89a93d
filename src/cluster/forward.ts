/** Passes requests on to the nodes that have their sessions. */
import { BriefSet } from '../routing/brief-set.js';
import type { AgentOptions } from 'node:https';
import { endsWithin } from '../ends-within.js';
import type { ClusterSnapshot, Node, Passed, PassedRequest } from './cluster.js';
import { Exchange, type Outcome } from './exchange.js';
import { InnerAgent } from './inner-agent.js';
import { Reach } from './reach.js';

/** Each holds two connections. */
const MAX_PASSED = 10_000;

/** How long `close()` waits for answers. */
const CLOSING_MS = 1_000;

export interface ForwarderOptions {
  /** The headers to send. */
  readonly signed: (request: PassedRequest, to: string) => readonly string[];
  /** Nobody listens at the address of this node, so it is dead: an incarnation never comes back. */
  readonly onRefused: (node: Node) => void;
  /** Told what became of each request that was passed on. */
  readonly onOver?: ((request: PassedRequest, node: Node, outcome: Outcome) => void) | undefined;
  /** How many requests may be passed on at once. @default 10_000 */
  readonly maxPassed?: number | undefined;
  /** Certificates for addresses that begin with `https:`. */
  readonly tls?: AgentOptions | undefined;
}

export class Forwarder {
  readonly #agent: InnerAgent;
  readonly #open = new BriefSet<Exchange>();
  readonly #reach = new Reach(this.#open);
  readonly #counts = { answered: 0, lost: 0, gone: 0, busy: 0 };

  constructor(private readonly options: ForwarderOptions) {
    this.#agent = new InnerAgent(options.tls);
  }

  get counts(): ClusterSnapshot['passed'] {
    return { ...this.#counts };
  }

  async pass(request: PassedRequest, node: Node): Promise<Passed> {
    const { signed, onRefused, onOver, maxPassed = MAX_PASSED } = this.options;
    if (this.#open.size >= maxPassed) {
      this.#counts.busy += 1;
      return 'busy';
    }
    const { method, body } = request;
    const length = body === undefined ? [] : ['content-length', String(body.length)];
    const inner = this.#agent.request(node.address, method, [...signed(request, node.id), ...length]);
    const exchange = new Exchange(request, node, inner, {
      refused: () => {
        onRefused(node);
      },
      over: (outcome) => {
        leave();
        if (this.#open.size === 0) this.#reach.stop();
        this.#count(outcome);
        onOver?.(request, node, outcome);
      },
    });
    const leave = this.#open.add(exchange);
    this.#reach.watch();
    return exchange.run();
  }

  #count(outcome: Outcome): void {
    if (outcome !== 'left') this.#counts[outcome] += 1;
  }

  /** A node is gone. Whoever waits for it is told. */
  gone(node: string): void {
    for (const exchange of [...this.#open]) if (exchange.node.id === node) exchange.nodeIsGone();
  }

  /**
   * Closes all connections. Answers that are on their way get a moment: the other nodes may end at the same time, and
   * their answers would be lost here.
   */
  async close(): Promise<void> {
    const answers = [...this.#open].filter(({ isAwaited }) => isAwaited).map(({ over }) => over);
    await endsWithin(CLOSING_MS, Promise.all(answers));
    for (const exchange of [...this.#open]) exchange.nodeIsGone();
    this.#agent.close();
  }
}

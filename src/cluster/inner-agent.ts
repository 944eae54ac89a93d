/** Connections to other nodes. They are kept for the next request, but not for long. */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { now } from '../clock.js';

/**
 * A server closes a connection that was idle for too long: Node after 5 s (`keepAliveTimeout`). A request that is written
 * at that moment is reset, and nobody knows whether it ran. So a connection is used again only for a time that is clearly
 * shorter.
 */
export const MAX_IDLE_MS = 1_500;

/** Of nodes that came and went, the addresses are forgotten. */
const MAX_TARGETS = 1_000;

/**
 * The agent keeps a connection until it has closed. If the other end has closed its half, that takes a moment longer, and
 * a request that is written then is lost. So it is taken from the agent at once.
 */
export class InnerAgent {
  readonly #plain = new HttpAgent({ keepAlive: true, timeout: MAX_IDLE_MS });
  readonly #secure: HttpsAgent;
  readonly #targets = new Map<string, RequestOptions>();
  readonly #idleSince = new WeakMap<Socket, number>();

  /** @param tls certificates for addresses that begin with `https:` */
  constructor(tls: AgentOptions = {}) {
    this.#secure = new HttpsAgent({ ...tls, keepAlive: true, timeout: MAX_IDLE_MS });
    for (const agent of [this.#plain, this.#secure])
      agent.on('free', (socket: Socket) => {
        if (!this.#idleSince.has(socket)) socket.once('end', () => socket.end().emit('agentRemove'));
        this.#idleSince.set(socket, now());
      });
  }

  /** Begins a request. Its head is not sent before its body. */
  request(address: string, method: string, headers: readonly string[]): ClientRequest {
    const target = this.#targetOf(address);
    const isSecure = target.protocol === 'https:';
    const agent = isSecure ? this.#secure : this.#plain;
    this.#dropStale(agent);
    // A list of names and values is sent as it is. The types know of no lists.
    const options = {
      ...target,
      method,
      agent,
      headers: headers as unknown as Record<string, string>,
    };
    return isSecure ? httpsRequest(options) : httpRequest(options);
  }

  /** The parts of an address, which are found out once. */
  #targetOf(address: string): RequestOptions {
    let target = this.#targets.get(address);
    if (target === undefined) {
      if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
      target = urlToHttpOptions(new URL(address));
      this.#targets.set(address, target);
    }
    return target;
  }

  /** The agent has a timer for this too, but a timer may be late, and then a request would come first. */
  #dropStale(agent: HttpAgent): void {
    const limit = now() - MAX_IDLE_MS;
    for (const sockets of Object.values(agent.freeSockets))
      for (const socket of sockets ?? []) {
        // Those that were used last stand last.
        if ((this.#idleSince.get(socket) ?? 0) > limit) break;
        socket.destroy();
      }
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

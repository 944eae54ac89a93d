/**
 * What must not be done, so that tests are seen to notice it: all sessions talk to one server over one pipe, and a server
 * request goes to the session that has called last.
 */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

export class OnePipeForAll {
  readonly #pipe: StdioClientTransport;
  readonly #started: Promise<void>;
  /** Whose request it is, and its id there. */
  readonly #requests = new Map<number, { readonly session: Transport; readonly id: string | number }>();
  #ids = 0;
  #last: Transport | undefined;

  constructor(args: string[]) {
    this.#pipe = new StdioClientTransport({ command: process.execPath, args });
    this.#pipe.onmessage = (message) => {
      this.#received(message);
    };
    this.#started = this.#pipe.start();
  }

  /** A session. To its proxy it looks like a server of its own. */
  session(): Transport {
    const session: Transport = {
      start: async () => this.#started,
      send: async (message) => {
        await this.#pipe.send('id' in message && 'method' in message ? this.#renamed(message, session) : message);
      },
      close: async () => Promise.resolve(),
    };
    return session;
  }

  async close(): Promise<void> {
    await this.#pipe.close();
  }

  #renamed(message: JSONRPCMessage & { id: string | number; method: string }, session: Transport): JSONRPCMessage {
    const own = ++this.#ids;
    this.#requests.set(own, { session, id: message.id });
    if (message.method === 'tools/call') this.#last = session;
    return { ...message, id: own };
  }

  #received(message: JSONRPCMessage): void {
    if ('method' in message) {
      this.#last?.onmessage?.(message);
      return;
    }
    const request = this.#requests.get(message.id as number);
    request?.session.onmessage?.({ ...message, id: request.id });
  }
}

/** A backend that takes its time to start, in the same process. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { StatefulProxyOptions, UpstreamRequest } from 'mcp-backchannel/proxy';
import type { Message } from '../../../examples/lib/strict-client.js';

/** A backend that answers `initialize` when the test says so, and everything else at once. */
export class ColdBackend {
  readonly starts: Start[] = [];
  readonly #looks = new Set<() => void>();

  readonly upstream: StatefulProxyOptions['upstream'] = async (request) => {
    const [client, server] = InMemoryTransport.createLinkedPair();
    this.starts.push(new Start(server, request));
    this.#look();
    server.onmessage = (message) => {
      this.starts.find((start) => start.server === server)?.receive(message as Message);
      this.#look();
    };
    await server.start();
    return client;
  };

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#looks.add(resolve));
  }

  #look(): void {
    for (const look of this.#looks) look();
    this.#looks.clear();
  }

  start(at = 0): Start {
    const start = this.starts[at];
    if (start === undefined) throw new Error(`there is no start ${String(at)}`);
    return start;
  }
}

export class Start {
  readonly received: Message[] = [];
  readonly closed: Promise<void>;
  isClosed = false;
  #initialize: Message | undefined;

  constructor(
    readonly server: InMemoryTransport,
    readonly request: UpstreamRequest,
  ) {
    this.closed = new Promise((resolve) => {
      server.onclose = () => {
        this.isClosed = true;
        resolve();
      };
    });
  }

  receive(message: Message): void {
    this.received.push(message);
    if (message.method === 'initialize') this.#initialize = message;
    else if (message.method !== undefined && message.id !== undefined)
      void this.send({ id: message.id, result: { content: [{ type: 'text', text: 'hello' }] } });
  }

  async ready(): Promise<void> {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'cold', version: '1' } };
    await this.send({ id: this.#initialize?.id ?? null, result });
  }

  async send(message: Message): Promise<void> {
    await this.server.send({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  }
}

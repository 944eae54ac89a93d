/** A backend whose every message the test writes by hand, in the same process. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { UpstreamRequest } from 'mcp-backchannel/proxy';
import type { Message } from '../../examples/lib/strict-client.js';

/** One session of it. */
export class ScriptedSession {
  readonly received: Message[] = [];
  readonly closed: Promise<void>;
  readonly #waiting = new Set<(message: Message) => void>();

  constructor(
    readonly transport: InMemoryTransport,
    readonly request: UpstreamRequest,
  ) {
    transport.onmessage = (message) => {
      this.#receive(message as Message);
    };
    this.closed = new Promise((resolve) => (transport.onclose = resolve));
  }

  async send(message: Message): Promise<void> {
    await this.transport.send({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  }

  /** The first message of this method, or with this id, that came or comes in. */
  async got(key: { readonly method?: string; readonly id?: Message['id'] }): Promise<Message> {
    const fits = (message: Message): boolean =>
      (key.method === undefined || message.method === key.method) && (key.id === undefined || message.id === key.id);
    const known = this.received.find(fits);
    if (known !== undefined) return known;
    return new Promise((resolve) => {
      const look = (message: Message): void => {
        if (!fits(message)) return;
        this.#waiting.delete(look);
        resolve(message);
      };
      this.#waiting.add(look);
    });
  }

  #receive(message: Message): void {
    this.received.push(message);
    for (const look of [...this.#waiting]) look(message);
    if (message.method !== 'initialize') return;
    const { protocolVersion } = message.params as { protocolVersion: string };
    const result = { protocolVersion, capabilities: {}, serverInfo: { name: 'scripted', version: '1' } };
    void this.send({ id: message.id ?? null, result });
  }
}

export class ScriptedBackend {
  readonly sessions: ScriptedSession[] = [];

  readonly upstream = async (request: UpstreamRequest): Promise<InMemoryTransport> => {
    const [client, server] = InMemoryTransport.createLinkedPair();
    this.sessions.push(new ScriptedSession(server, request));
    await server.start();
    return client;
  };

  session(at = 0): ScriptedSession {
    const session = this.sessions[at];
    if (session === undefined) throw new Error(`there is no session ${String(at)}`);
    return session;
  }
}

import type { JsonRpcMessage, TransportLike } from '../../src/index.js';

/** A backend in memory whose one tool asks the user, and returns when it has the answer. */
export class Backend {
  /** Whether questions wait for `ask()`. */
  isHolding = false;
  #held: unknown;

  constructor(private readonly transport: TransportLike) {
    transport.onmessage = (message: JsonRpcMessage) => {
      this.#received(message);
    };
    void transport.start();
  }

  /** Asks the question that was held back. */
  ask(): void {
    this.#send({ id: this.#held, method: 'elicitation/create', params: { message: 'ok?', requestedSchema: {} } });
  }

  #received({ id, method }: JsonRpcMessage): void {
    switch (method) {
      case 'initialize': {
        const serverInfo = { name: 'benchmark', version: '1' };
        this.#send({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } });
        break;
      }
      case 'tools/call':
        this.#held = id;
        if (!this.isHolding) this.ask();
        break;
      case undefined:
        this.#send({ id, result: { content: [{ type: 'text', text: 'ok' }] } });
        break;
    }
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    void this.transport.send({ jsonrpc: '2.0', ...message });
  }
}

import type { JsonRpcMessage, RequestId, RequestMessage } from '../routing/message.js';

/** The `initialize` request of a session, and what the backend answered to it. */
export class Handshake {
  /** The id of the request until it is answered. */
  pendingId: RequestId | undefined;
  /** The version that client and backend agreed on. */
  protocolVersion: string | undefined;
  #initialize: RequestMessage | undefined;
  #result: unknown;

  /** @param done called when the client has told the backend that it is initialized; without it, nothing is kept */
  constructor(
    private readonly agreed: (protocolVersion: string) => void,
    private readonly done?: (initialize: RequestMessage, result: unknown) => void,
  ) {}

  asked(message: RequestMessage): void {
    if (message.method !== 'initialize') return;
    this.pendingId = message.id;
    if (this.done !== undefined) this.#initialize = message;
  }

  answered({ result }: JsonRpcMessage): void {
    this.pendingId = undefined;
    if (this.done !== undefined) this.#result = result;
    this.agreeOn(result);
  }

  /** @param result the backend's answer to `initialize`, here or on another node */
  agreeOn(result: unknown): void {
    const { protocolVersion } = Object(result) as { protocolVersion?: unknown };
    if (typeof protocolVersion !== 'string') return;
    this.protocolVersion = protocolVersion;
    this.agreed(protocolVersion);
  }

  /** A message was sent to the backend. @returns a promise that settles like `taken` */
  sent({ method }: JsonRpcMessage, taken: Promise<void>): Promise<void> {
    const initialize = this.#initialize;
    if (initialize === undefined || method !== 'notifications/initialized') return taken;
    return taken.then(() => this.done?.(initialize, this.#result));
  }
}

import { after } from '../clock.js';

/** How long a server may take to connect after the first request has come in. */
const GRACE_MS = 1_000;

/** A program that makes the mistake once for each session is told a few times, and not for each of them. */
const MAX_WARNINGS = 10;

let warnings = 0;

/**
 * Warns when requests come in through a wrapped transport that nobody is connected to. A server that was connected to the
 * bare transport still works, but its messages do not pass through the wrapper: nothing would be routed, in silence.
 */
export class ConnectionCheck {
  #isDone = false;
  #cancelTimer: (() => void) | undefined;

  /** The wrapper is in use: it was started, given a callback or a message. */
  connected(): void {
    this.#isDone = true;
    this.stop();
  }

  /** A request comes in. @param isBypassed somebody listens to the bare transport */
  requestCame(isBypassed: boolean): void {
    if (this.#isDone) return;
    if (isBypassed) this.#warn();
    else this.#cancelTimer ??= after(GRACE_MS, () => this.#warn());
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #warn(): void {
    this.connected();
    warnings += 1;
    if (warnings > MAX_WARNINGS) return;
    process.emitWarning(
      'mcp-backchannel: a request came in through a wrapped transport, but nobody is connected to it. Connect the server ' +
        'to what withBackchannel() returns, not to the transport inside: nothing that the server sends is routed otherwise.',
      { code: 'MCP_BACKCHANNEL_NOT_CONNECTED' },
    );
  }
}

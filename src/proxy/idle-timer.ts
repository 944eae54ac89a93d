import { after } from '../clock.js';

/** Detects that a client has held no connection for a while. */
export class IdleTimer {
  #connections = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param timeoutMs `0` means never */
  constructor(
    private readonly timeoutMs: number,
    private readonly onIdle: () => void,
  ) {}

  /** Whether the client holds no connection. */
  get isAway(): boolean {
    return this.#connections === 0;
  }

  connected(): void {
    this.#connections++;
    this.stop();
  }

  disconnected(): void {
    this.#connections--;
    if (this.isAway && this.timeoutMs > 0) this.#cancelTimer = after(this.timeoutMs, this.onIdle);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

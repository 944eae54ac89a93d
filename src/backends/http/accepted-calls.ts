import { BriefMap } from '../../routing/brief-map.js';
import type { HttpCall } from './http-call.js';

/** Calls that the server accepted with 202. It may answer them on the standalone stream. */
export class AcceptedCalls {
  readonly #calls = new BriefMap<unknown, HttpCall>();

  [Symbol.iterator](): Iterator<HttpCall> {
    return this.#calls.values();
  }

  add(call: HttpCall): void {
    this.#calls.set(call.id, call);
  }

  /** The call is answered, or nobody waits for it any more. */
  delete(id: unknown): void {
    this.#calls.delete(id);
  }

  giveUp(why: string): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      call.giveUp(`The backend accepted this request (202), and ${why}`);
      call.cancel();
    }
  }
}

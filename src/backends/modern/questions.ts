import { BriefMap } from '../../routing/brief-map.js';
import { randomUUID } from 'node:crypto';
import type { ResponseMessage } from '../../routing/message.js';
import type { RequestHeaders } from '../http/http-answer.js';

/** What the client has answered, and the headers of its own with which it did. */
export interface ClientAnswer {
  readonly answer: ResponseMessage;
  readonly headers: RequestHeaders | undefined;
}

/** The requests that wait for the client. Their ids are ours: a modern server only knows keys in a result. */
export class Questions {
  readonly #open = new BriefMap<unknown, (answer: ClientAnswer) => void>();

  open(): { readonly id: string; readonly answered: Promise<ClientAnswer> } {
    // In URL mode, the id names the elicitation as well, for which it must be unique everywhere.
    const id = randomUUID();
    const answered = new Promise<ClientAnswer>((resolve) => this.#open.set(id, resolve));
    return { id, answered };
  }

  answer(answer: ResponseMessage, headers: RequestHeaders | undefined): void {
    const resolve = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    resolve?.({ answer, headers });
  }

  /** Nobody waits for the answer any more. */
  close(id: string): void {
    this.#open.delete(id);
  }
}

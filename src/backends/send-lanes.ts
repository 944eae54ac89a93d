import { AsyncResource } from 'node:async_hooks';
import { endsWithin } from '../ends-within.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { Cancellation } from './cancellation.js';
import { ANSWERS, NOTIFICATIONS, SendLane } from './send-lane.js';

/** How long a server may take to accept a notification or an answer. */
const ACCEPTING_TIMEOUT_MS = 300_000;
/** How long a request waits until the notifications before it are accepted. */
const ORDER_TIMEOUT_MS = 500;

/** The order in which messages go to a server that takes each one in a POST of its own. */
export class SendLanes {
  readonly #notifications = new SendLane(NOTIFICATIONS);
  readonly #answers = new SendLane(ANSWERS);

  /** Resolves when a request may follow the notifications before it. `undefined`: it may now. */
  get clear(): Promise<unknown> | undefined {
    return this.#notifications.isBusy ? endsWithin(ORDER_TIMEOUT_MS, this.#notifications.taken) : undefined;
  }

  /**
   * Sends a notification or an answer.
   *
   * @param length of the message, in characters
   * @param post resolves when the server accepts the message. It is cancelled when that takes too long
   * @throws Error if there is no room for another message, or the server does not accept it in time
   */
  async send<T>(
    { method }: JsonRpcMessage,
    length: number,
    post: (cancellation: Cancellation) => Promise<T>,
  ): Promise<T> {
    const lane = method === undefined ? this.#answers : this.#notifications;
    lane.mustHavePlaceFor(length, String(method));
    // It may begin when another one is done, but in its own context.
    const begin = AsyncResource.bind(async () => acceptedInTime(post));
    return lane.send(length, async () => begin());
  }

  /** Drops the messages that wait. */
  close(): void {
    for (const lane of [this.#notifications, this.#answers]) lane.close(new Error('the connection is closed'));
  }
}

async function acceptedInTime<T>(post: (cancellation: Cancellation) => Promise<T>): Promise<T> {
  const cancellation = new Cancellation();
  const accepting = post(cancellation);
  if (await endsWithin(ACCEPTING_TIMEOUT_MS, accepting)) return accepting;
  cancellation.cancel();
  throw new Error(`the backend did not accept it within ${ACCEPTING_TIMEOUT_MS / 1000} s`);
}

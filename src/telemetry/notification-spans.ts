import type { Context } from '@opentelemetry/api';
import { isNotification, type JsonRpcMessage, type NotificationMessage } from '../routing/message.js';
import { subjectOf } from './attributes.js';
import { Operation, type Beginning } from './operation.js';
import type { Place, SessionSpansOptions } from './place.js';
import { contextIn, originOf, withContext, type RequestHeaders } from './propagation.js';
import type { Show } from './shown-text.js';

/** A call may report its progress, and log, a hundred times in a second. Nobody would find anything among such spans. */
const TOO_MANY: ReadonlySet<string> = new Set(['notifications/progress', 'notifications/message']);

/** The way of a notification. */
interface Way {
  readonly from: 'client' | 'backend';
  /** A proxy faces `both`: it receives the notification and sends it. Somebody else's transport does one of them. */
  readonly faces: SessionSpansOptions['faces'];
  readonly place: Place;
  /** The context of the call that it belongs to, or that of whoever sends it. */
  readonly within: Context | undefined;
  /** Of the HTTP request that brought it. */
  readonly headers: RequestHeaders | undefined;
}

/** @returns `undefined` if it is none of which spans are made */
export function notificationSpansOf(message: JsonRpcMessage, way: Way): NotificationSpans | undefined {
  return isNotification(message) && !TOO_MANY.has(message.method) ? new NotificationSpans(message, way) : undefined;
}

/** A notification: the span of receiving it, and below it that of sending it. */
export class NotificationSpans {
  /** As it goes on. */
  readonly message: JsonRpcMessage;
  readonly context: Context;
  readonly #operations: readonly Operation[];
  readonly #show: Show;

  constructor(message: NotificationMessage, way: Way) {
    const { from, faces, place } = way;
    this.#show = place.show;
    const subject = subjectOf(message, place.show);
    const received =
      faces === 'both' || faces === from
        ? new Operation({ kind: 'server', subject, ...place[from] }, beginningOf(message, way))
        : undefined;
    const to = from === 'client' ? 'backend' : 'client';
    const parent = received?.context ?? way.within ?? contextIn(message);
    const sent =
      faces === 'both' || faces === to
        ? new Operation({ kind: 'client', subject, ...place[to] }, { parent })
        : undefined;
    this.#operations = [sent, received].filter((one) => one !== undefined);
    this.context = sent?.context ?? parent;
    this.message = sent === undefined ? message : withContext(message, sent.context);
  }

  /** It was taken, as far as can be known. @param failure why it was not */
  end(failure?: string): void {
    const ending = failure === undefined ? {} : { error: 'undelivered', description: this.#show(failure) };
    for (const operation of this.#operations) operation.end(ending);
  }
}

/** What the notification itself says comes first. */
function beginningOf(message: NotificationMessage, { from, within, headers }: Way): Beginning {
  const isOfPost = from === 'client' && within === undefined;
  return isOfPost ? originOf(message, headers) : { parent: contextIn(message, within) };
}

import { context, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { debug } from '../debug.js';
import { textOf } from '../errors.js';
import type { Interceptor } from '../interceptor/facade.js';
import {
  isNotification,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../routing/message.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import type { Network } from './attributes.js';
import type { NotificationSpans } from './notification-spans.js';
import { operationIn } from './operation.js';
import { spanContextIn } from './propagation.js';
import { SessionSpans } from './session-spans.js';
import { Stopwatch } from './stopwatch.js';

/** A transport of which spans are made. What passes through it is told to the spans, and goes on. */
export abstract class Instrumented implements Interceptor {
  readonly methods: readonly string[] = ['start', 'send', 'close'];
  readonly properties: readonly string[] = ['onmessage', 'onclose'];
  protected spans!: SessionSpans;
  #watch!: Stopwatch;
  #onmessage: MessageHandler | undefined;
  #onclose: (() => void) | undefined;
  #isClosing = false;

  constructor(
    protected readonly inner: TransportLike,
    private readonly faces: 'client' | 'backend',
    private readonly network: Network,
  ) {
    this.#begin();
    // Callbacks that were set before stay set.
    if (inner.onmessage !== undefined) this.onmessage = inner.onmessage;
    this.onclose = inner.onclose;
  }

  // ---- what the façade shows ----

  /** A reader that is created here outlives every request, so it must not carry the context of one. */
  start(): Promise<void> {
    if (this.#isClosing) this.#begin();
    return context.with(ROOT_CONTEXT, () => this.inner.start());
  }

  close(): Promise<void> {
    this.#isClosing = true;
    return this.inner.close();
  }

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#onmessage = handler;
    this.inner.onmessage =
      handler &&
      ((message: JsonRpcMessage, extra?: unknown) => {
        // First: it may end a call that it belongs to.
        const told = guarded(() => (isNotification(message) ? this.told(message, extra) : undefined));
        const within = guarded(() => this.received(message, extra)) ?? told?.context;
        try {
          if (within === undefined) this.#onmessage?.(message, extra);
          else context.with(within, () => this.#onmessage?.(message, extra));
        } finally {
          guarded(() => told?.end());
        }
      });
  }

  get onclose(): (() => void) | undefined {
    return this.#onclose;
  }

  set onclose(callback: (() => void) | undefined) {
    this.#onclose = callback;
    this.inner.onclose = () => {
      guarded(() => {
        this.#ended();
      });
      this.#onclose?.();
    };
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    // A message may throw when it is read.
    if (guarded(() => isRequest(message)) === true) return this.#sendRequest(message as RequestMessage, options);
    if (guarded(() => isResponse(message)) === true) {
      guarded(() => {
        this.responded(message as ResponseMessage);
      });
      return this.inner.send(message, options);
    }
    const notified = guarded(() => this.notified(message, options));
    const changed = notified?.message ?? message;
    // The SDK opens its GET stream by a notification, and reads it for as long as the session lasts.
    return watched(
      () => context.with(ROOT_CONTEXT, () => this.inner.send(changed, options)),
      (error) => guarded(() => notified?.end(error === undefined ? undefined : textOf(error))),
    );
  }

  // ---- what the sides tell ----

  /** @returns the context in which the message is handled, if it has one */
  protected abstract received(message: JsonRpcMessage, extra: unknown): Context | undefined;

  /** A request is about to be sent. */
  protected abstract asked(message: RequestMessage, options: SendOptions | undefined): Sent;

  /** It was not sent. */
  protected abstract failed(message: RequestMessage, reason: Failure): void;

  /** A request of the other side is answered. */
  protected abstract responded(message: ResponseMessage): void;

  /** A notification is about to be sent. */
  protected abstract notified(message: JsonRpcMessage, options: SendOptions | undefined): NotificationSpans | undefined;

  /** A notification has come. */
  protected abstract told(message: JsonRpcMessage, extra: unknown): NotificationSpans | undefined;

  #sendRequest(message: RequestMessage, options: SendOptions | undefined): Promise<void> {
    const { changed, within } = guarded(() => this.asked(message, options)) ?? { changed: message, within: undefined };
    const send = (): Promise<void> => this.inner.send(changed, options);
    return watched(
      () => (within === undefined ? send() : context.with(within, send)),
      (error) => {
        if (error !== undefined) guarded(() => this.failed(message, { code: codeOf(error), text: textOf(error) }));
      },
    );
  }

  #begin(): void {
    const { inner, faces, network } = this;
    this.#isClosing = false;
    this.#watch = new Stopwatch();
    const session = (): string | undefined => (inner as { readonly sessionId?: string }).sessionId;
    this.spans = new SessionSpans(session, { faces, client: network, backend: network, isCarried: () => true });
  }

  #ended(): void {
    const by = this.#isClosing || this.faces === 'client' ? 'client' : 'backend';
    this.#isClosing = true;
    const { inner, network } = this;
    // A stateless server has a transport for each request, and no sessions.
    const isSession = network.transport !== 'tcp' || (inner as { readonly sessionId?: string }).sessionId !== undefined;
    this.spans.closed(by, isSession ? this.#watch.seconds : undefined);
  }
}

/** A request as it leaves, and the context in which it is sent. */
export interface Sent {
  readonly changed: JsonRpcMessage;
  readonly within?: Context | undefined;
}

export interface Failure {
  /** Of a `BackchannelError`. */
  readonly code: string | undefined;
  readonly text: string;
}

/** The context of the code that runs, if it works for a span that is not over. */
export function activeContext(): Context | undefined {
  const active = context.active();
  if (trace.getSpan(active)?.isRecording() === true) return active;
  const span = spanContextIn(active);
  const isSampled = span === undefined || (span.traceFlags & TraceFlags.SAMPLED) !== 0;
  // A span that is not sampled never records. It counts as long as the operation is not over in which it was made.
  return !isSampled && operationIn(active)?.isOver === false ? active : undefined;
}

/** Whatever goes wrong with telemetry, messages go on. */
function guarded<R>(work: () => R): R | undefined {
  try {
    return work();
  } catch (cause) {
    debug.error('telemetry failed: %o', cause);
    return undefined;
  }
}

/** Sends something. It is watched only: whoever sends it hears of a failure by himself. @param over with the failure */
function watched(send: () => Promise<void>, over: (error: unknown) => void): Promise<void> {
  const failed = (error: unknown): void => {
    over(error ?? 'failed');
  };
  try {
    const sent = send();
    Promise.resolve(sent).then(() => {
      over(undefined);
    }, failed);
    return sent;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

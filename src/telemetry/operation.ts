import {
  createContextKey,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { shownSession } from '../interceptor/session-prefix.js';
import { metricAttributesOf, spanAttributesOf, withoutAbsent, type Request } from './attributes.js';
import { recordOperation } from './operation-metrics.js';
import { SCOPE } from './scope.js';
import { Stopwatch } from './stopwatch.js';

/** Where an operation belongs, and when it began. */
export interface Beginning {
  readonly parent: Context;
  readonly links?: readonly Link[];
  /** Of an operation that is told of later than it began. */
  readonly since?: Stopwatch;
}

/** How an operation ended. Without a type of error it went well. */
export interface Ending {
  /** A JSON-RPC code, `tool_error`, or one of our own, of which there are few. */
  readonly error?: string | undefined;
  /** The JSON-RPC code of the response. */
  readonly code?: number | undefined;
  /** What the error says, for people. As it may be shown. */
  readonly description?: string | undefined;
  /** Of `initialize`: the version that was agreed on. */
  readonly version?: string | undefined;
  /** Of `initialize`: the whole id of the session that it began. */
  readonly session?: string | undefined;
}

/** Where a context holds the operation for which it was made. */
const OPERATION = createContextKey('mcp-backchannel operation');

/** The operation in whose context something is done, if there is one. It may be over. */
export function operationIn(context: Context): Operation | undefined {
  return context.getValue(OPERATION) as Operation | undefined;
}

/** A request and its response as one side sees them: a span, and a measurement. */
export class Operation {
  /** The context of what is done for this request. */
  readonly context: Context;
  readonly #span: Span;
  readonly #watch: Stopwatch;
  readonly #isLate: boolean;
  #isOver = false;

  constructor(
    private readonly request: Request,
    { parent, links = [], since }: Beginning,
  ) {
    this.#isLate = since !== undefined;
    this.#watch = since ?? new Stopwatch();
    const { kind, subject } = request;
    this.#span = trace.getTracer(SCOPE).startSpan(
      subject.name,
      {
        kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.SERVER,
        attributes: spanAttributesOf(request),
        links: [...links],
        ...(since && { startTime: since.beganAt }),
      },
      parent,
    );
    this.context = trace.setSpan(parent, this.#span).setValue(OPERATION, this);
  }

  get spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(withoutAbsent(attributes));
  }

  /** Something happened on the way. */
  tell(name: string, attributes: Attributes = {}): void {
    const known = withoutAbsent(attributes);
    if (this.#isLate) this.#span.addEvent(name, known, this.#watch.now);
    else this.#span.addEvent(name, known);
  }

  end({ error, code, description, version, session }: Ending = {}): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const outcome = withoutAbsent({
      'error.type': error,
      'rpc.response.status_code': code === undefined ? undefined : String(code),
      'mcp.protocol.version': version,
    });
    this.#span.setAttributes(outcome);
    if (session !== undefined) this.#span.setAttribute('mcp.session.id', shownSession(session));
    if (error !== undefined)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(description !== undefined && { message: description }) });
    const attributes = { ...metricAttributesOf(this.request), ...outcome };
    recordOperation(this.request.kind, this.#watch.seconds, attributes, this.context);
    // A span that was told when it began must be told when it ends, or it may seem to end before.
    this.#span.end(this.#isLate ? this.#watch.now : undefined);
  }
}

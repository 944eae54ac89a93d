/**
 * Trace context in messages: the registered propagators read it from `params._meta`, and write it there.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md#context-propagation
 * @see https://modelcontextprotocol.io/community/seps/414-request-meta (SEP-414: the keys have no prefix)
 */
import { channel } from 'node:diagnostics_channel';
import {
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Link,
  type SpanContext,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import type { AddedHeaders } from '../added-headers.js';
import { withChangedText } from '../changed-text.js';
import { isRecord, metaOf, type JsonRpcMessage } from '../routing/message.js';

/** The headers of an HTTP request, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Where the span of a received request belongs. */
export interface Origin {
  readonly parent: Context;
  readonly links: readonly Link[];
}

type Fields = Readonly<Record<string, unknown>>;

const GETTER: TextMapGetter<Fields> = {
  keys: (fields) => Object.keys(fields),
  get(fields, key) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const values = (Array.isArray(value) ? value : [value]) as unknown[];
    return values.every((one) => typeof one === 'string') ? values.join(',') : undefined;
  },
};

const SETTER: TextMapSetter<Record<string, unknown>> = {
  set(fields, key, value) {
    fields[key] = value;
  },
};

/**
 * The context in which a received request belongs. What its `_meta` says comes first. The HTTP request that brought it
 * is linked then, and the parent otherwise: its span if it has one, or else what its headers say.
 */
export function originOf(message: JsonRpcMessage, headers?: RequestHeaders): Origin {
  const active = context.active();
  const ofHttp =
    spanContextIn(active) !== undefined || headers === undefined
      ? active
      : propagation.extract(active, headers, GETTER);
  const parent = contextIn(message, ofHttp);
  const own = spanContextIn(parent);
  const http = spanContextIn(ofHttp);
  return { parent, links: http === undefined || own?.spanId === http.spanId ? [] : [{ context: http }] };
}

/** The context that a message carries, on top of another one. */
export function contextIn(message: JsonRpcMessage, base: Context = ROOT_CONTEXT): Context {
  const meta = metaOf(message);
  return meta === undefined ? base : propagation.extract(base, meta, GETTER);
}

/** The span that a context names, if any. */
export function spanContextIn(context: Context): SpanContext | undefined {
  const found = trace.getSpanContext(context);
  return found !== undefined && isSpanContextValid(found) ? found : undefined;
}

/** The message with this context in its `_meta`. It is the very same object if there is nothing to write. */
export function withContext<T extends JsonRpcMessage>(message: T, carried: Context): T {
  const fields: Record<string, unknown> = {};
  propagation.inject(carried, fields, SETTER);
  const names = Object.keys(fields);
  if (names.length === 0) return message;
  const { params = {} } = message;
  if (!isRecord(params)) return message;
  const { _meta: meta = {} } = params;
  if (!isRecord(meta) || names.every((name) => meta[name] === fields[name])) return message;
  const { tracestate: _, ...rest } = meta;
  // It belongs to the `traceparent` that is replaced.
  const kept = 'traceparent' in fields ? rest : meta;
  return withChangedText({ ...message, params: { ...params, _meta: { ...kept, ...fields } } }, message);
}

/** Whoever listens makes a span of the HTTP request, and writes the context of that into the headers. */
const created = channel('undici:request:create');

/** The headers of an HTTP request that is sent in this context. What another context has left there is removed. */
export function headersOf(carried: Context): AddedHeaders {
  if (created.hasSubscribers) return {};
  const headers: Record<string, string | undefined> = {};
  for (const name of propagation.fields()) headers[name.toLowerCase()] = undefined;
  propagation.inject(carried, headers, HEADER_SETTER);
  return headers;
}

const HEADER_SETTER: TextMapSetter<Record<string, string | undefined>> = {
  set(headers, name, value) {
    // A client may have put anything into its baggage. An invalid header would cost the message.
    if (/^[\x20-\x7e]*$/.test(value)) headers[name.toLowerCase()] = value;
  },
};

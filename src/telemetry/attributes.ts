/**
 * The attributes of spans and metrics: those of the semantic conventions for MCP, and a few of our own.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
import type { Attributes } from '@opentelemetry/api';
import type { Peer } from '../proxy-events.js';
import { shownSession } from '../interceptor/session-prefix.js';
import { isRecord, isRequest, metaOf, PROTOCOL_VERSION_KEY, type MethodMessage } from '../routing/message.js';
import type { Show } from './shown-text.js';

/** How a peer is reached. What is not known is left out. */
export interface Network {
  /** `'tcp'` for HTTP, `'pipe'` for stdio. */
  readonly transport?: 'tcp' | 'quic' | 'pipe' | 'unix' | undefined;
  /** In lower case, such as `'http'` or `'websocket'`. */
  readonly protocol?: string | undefined;
  /** Of that protocol, such as `'1.1'`. */
  readonly protocolVersion?: string | undefined;
  /** The host of the server, as it is addressed. Only for the side that calls. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** Whose attributes they are: of the span of the one who calls, or of the one who is called. */
export type Kind = 'client' | 'server';

/** What is exported of a request or a notification. Its texts are fit to be. */
export interface Subject {
  /** `{method} {target}`, where only a tool or a prompt is a target: URIs are too many to group spans by. */
  readonly name: string;
  /** A notification has none. */
  readonly id: string | undefined;
  readonly uri: string | undefined;
  /** Requests of revision 2026-07-28 name it themselves. */
  readonly version: string | undefined;
  /** What is counted by, of which no id is part: it would make each request a series of its own. */
  readonly counted: Attributes;
}

/** A request or a notification, and where it travels. */
export interface Request {
  readonly kind: Kind;
  readonly subject: Subject;
  /** The whole id of the session. It is shortened, because whoever knows it can use the session. */
  readonly session: string | undefined;
  /** The version that both sides agreed on. */
  readonly version: string | undefined;
  readonly network: Network;
  /** The other end of the connection that brought it. */
  readonly peer?: Peer | undefined;
}

/** The methods that name a resource in `params.uri`. Others may have a parameter of that name that means something else. */
const OF_RESOURCE: ReadonlySet<string> = new Set([
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'notifications/resources/updated',
]);

/** Looks at the message when it comes: its secrets may be hidden only as long as its session lasts. */
export function subjectOf(message: MethodMessage, show: Show): Subject {
  const shown = (text: string | undefined): string | undefined => (text === undefined ? undefined : show(text));
  const method = show(message.method);
  const [tool, prompt] = [shown(toolOf(message)), shown(promptOf(message))];
  const target = tool ?? prompt;
  return {
    name: target === undefined ? method : `${method} ${target}`,
    id: isRequest(message) ? show(String(message.id)) : undefined,
    uri: OF_RESOURCE.has(message.method) ? shown(textParam(message, 'uri')) : undefined,
    version: shown(versionOf(message)),
    counted: withoutAbsent({
      'mcp.method.name': method,
      'gen_ai.tool.name': tool,
      'gen_ai.operation.name': tool === undefined ? undefined : 'execute_tool',
      'gen_ai.prompt.name': prompt,
      'jsonrpc.protocol.version': shown(jsonrpcOf(message)),
    }),
  };
}

/** What is counted by. */
export function metricAttributesOf({ kind, subject, version, network }: Request): Attributes {
  return { ...subject.counted, ...sessionAttributesOf(kind, subject.version ?? version, network) };
}

/** What a span has from its beginning. */
export function spanAttributesOf(request: Request): Attributes {
  const { subject, session, peer } = request;
  return {
    ...metricAttributesOf(request),
    ...withoutAbsent({
      'jsonrpc.request.id': subject.id,
      'mcp.resource.uri': subject.uri,
      'mcp.session.id': session === undefined ? undefined : shownSession(session),
      'client.address': peer?.address,
      'client.port': peer?.port,
    }),
  };
}

/** What metrics of sessions are counted by, too. */
export function sessionAttributesOf(kind: Kind, version: string | undefined, network: Network): Attributes {
  return withoutAbsent({
    'mcp.protocol.version': version,
    'network.transport': network.transport,
    'network.protocol.name': network.protocol,
    'network.protocol.version': network.protocolVersion,
    'server.address': kind === 'client' ? network.address : undefined,
    'server.port': kind === 'client' && network.address !== undefined ? network.port : undefined,
  });
}

export function withoutAbsent(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function toolOf(message: MethodMessage): string | undefined {
  return message.method === 'tools/call' ? textParam(message, 'name') : undefined;
}

function promptOf(message: MethodMessage): string | undefined {
  if (message.method === 'prompts/get') return textParam(message, 'name');
  if (message.method !== 'completion/complete' || !isRecord(message.params)) return undefined;
  const { ref } = message.params;
  const name = isRecord(ref) && ref['type'] === 'ref/prompt' ? ref['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function versionOf(message: MethodMessage): string | undefined {
  const version = metaOf(message)?.[PROTOCOL_VERSION_KEY];
  return typeof version === 'string' ? version : undefined;
}

/** Only if it is unusual. */
function jsonrpcOf({ jsonrpc }: MethodMessage): string | undefined {
  return typeof jsonrpc === 'string' && jsonrpc !== '2.0' ? jsonrpc : undefined;
}

function textParam({ params }: MethodMessage, name: string): string | undefined {
  const value = isRecord(params) && Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/**
 * The attributes of spans and metrics: those of the semantic conventions for MCP, and a few of our own.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
import type { Attributes } from '@opentelemetry/api';
import type { Peer } from '../proxy-events.js';
import { shownSession } from '../interceptor/session-prefix.js';
import { isRecord, metaOf, PROTOCOL_VERSION_KEY, type RequestMessage } from '../routing/message.js';

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

/** A request, and where it travels. */
export interface Request {
  readonly kind: Kind;
  readonly message: RequestMessage;
  /** The whole id of the session. It is shortened, because whoever knows it can use the session. */
  readonly session: string | undefined;
  /** The version that both sides agreed on. */
  readonly version: string | undefined;
  readonly network: Network;
  /** The other end of the connection that brought it. */
  readonly peer?: Peer | undefined;
}

/** The other side chooses methods, names and ids. No more of one is kept than this. */
const MAX_LENGTH = 200;

/** The methods that name a resource in `params.uri`. Others may have a parameter of that name that means something else. */
const OF_RESOURCE: ReadonlySet<string> = new Set(['resources/read', 'resources/subscribe', 'resources/unsubscribe']);

/** `{method} {target}`, where only a tool or a prompt is a target: URIs are too many to group spans by. */
export function nameOf(message: RequestMessage): string {
  const target = toolOf(message) ?? promptOf(message);
  return target === undefined ? shortened(message.method) : `${shortened(message.method)} ${target}`;
}

/** What is counted by. It has no ids, which would make each request a series of its own. */
export function metricAttributesOf({ kind, message, version, network }: Request): Attributes {
  const tool = toolOf(message);
  return withoutAbsent({
    'mcp.method.name': shortened(message.method),
    'gen_ai.tool.name': tool,
    'gen_ai.operation.name': tool === undefined ? undefined : 'execute_tool',
    'gen_ai.prompt.name': promptOf(message),
    'jsonrpc.protocol.version': jsonrpcOf(message),
    ...sessionAttributesOf(kind, versionOf(message) ?? version, network),
  });
}

/** What a span has from its beginning. */
export function spanAttributesOf(request: Request): Attributes {
  const { message, session, peer } = request;
  return {
    ...metricAttributesOf(request),
    ...withoutAbsent({
      'jsonrpc.request.id': shortened(String(message.id)),
      'mcp.resource.uri': OF_RESOURCE.has(message.method) ? textParam(message, 'uri') : undefined,
      'mcp.session.id': session === undefined ? undefined : shownSession(session),
      'client.address': peer?.address,
      'client.port': peer?.port,
    }),
  };
}

/** What metrics of sessions are counted by, too. */
export function sessionAttributesOf(kind: Kind, version: string | undefined, network: Network): Attributes {
  return withoutAbsent({
    'mcp.protocol.version': version === undefined ? undefined : shortened(version),
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

function toolOf(message: RequestMessage): string | undefined {
  return message.method === 'tools/call' ? textParam(message, 'name') : undefined;
}

function promptOf(message: RequestMessage): string | undefined {
  if (message.method === 'prompts/get') return textParam(message, 'name');
  if (message.method !== 'completion/complete' || !isRecord(message.params)) return undefined;
  const { ref } = message.params;
  const name = isRecord(ref) && ref['type'] === 'ref/prompt' ? ref['name'] : undefined;
  return typeof name === 'string' ? shortened(name) : undefined;
}

/** Requests of revision 2026-07-28 name it themselves. */
function versionOf(message: RequestMessage): string | undefined {
  const version = metaOf(message)?.[PROTOCOL_VERSION_KEY];
  return typeof version === 'string' ? version : undefined;
}

/** Only if it is unusual. */
function jsonrpcOf({ jsonrpc }: RequestMessage): string | undefined {
  return typeof jsonrpc === 'string' && jsonrpc !== '2.0' ? shortened(jsonrpc) : undefined;
}

function textParam({ params }: RequestMessage, name: string): string | undefined {
  const value = isRecord(params) && Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'string' ? shortened(value) : undefined;
}

function shortened(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/**
 * `subscriptions/listen`: which changes a modern client wants to be told of, and how it is told.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
import { SERVER_INFO_KEY, SUBSCRIPTION_ID_KEY } from '../modern-era.js';
import { isRecord, type NotificationMessage, type RequestId } from '../routing/message.js';
import type { ModernCall } from './envelope.js';
import type { Fields } from './meta.js';
import { invalidParams, type Refusal } from './refusal.js';

/** The changes that a client wants to be told of. */
export interface ListenFilter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  /** URIs of resources. */
  readonly resourceSubscriptions?: readonly string[];
}

/** Each is a request to the backend. */
const MAX_URIS = 1_000;

const LISTS = [
  { member: 'toolsListChanged', capability: 'tools', method: 'notifications/tools/list_changed' },
  { member: 'promptsListChanged', capability: 'prompts', method: 'notifications/prompts/list_changed' },
  { member: 'resourcesListChanged', capability: 'resources', method: 'notifications/resources/list_changed' },
] as const;

/** @param serverCapabilities what a backend does not offer is left out, and the acknowledgement tells the client so */
export function listenFilterIn({ id, params }: ModernCall, serverCapabilities: Fields): ListenFilter | Refusal {
  const { notifications: asked } = params;
  if (!isRecord(asked) || !isFilter(asked))
    return invalidParams(id, "Invalid params: 'notifications' is required and must be a valid SubscriptionFilter");
  const { resourceSubscriptions: uris } = asked;
  if (uris !== undefined && uris.length > MAX_URIS)
    return invalidParams(id, `Invalid params: more than ${MAX_URIS} resources in one subscription`);
  const canSubscribe = offers(serverCapabilities, 'resources', 'subscribe');
  return {
    ...Object.fromEntries(
      LISTS.filter(({ member }) => asked[member] === true)
        .filter(({ capability }) => offers(serverCapabilities, capability, 'listChanged'))
        .map(({ member }) => [member, true]),
    ),
    ...(canSubscribe && uris !== undefined && uris.length > 0 && { resourceSubscriptions: [...new Set(uris)] }),
  };
}

function isFilter(asked: Fields): asked is Fields & { readonly resourceSubscriptions?: readonly string[] } {
  const { resourceSubscriptions: uris } = asked;
  return (
    LISTS.every(({ member }) => asked[member] === undefined || typeof asked[member] === 'boolean') &&
    (uris === undefined || (Array.isArray(uris) && uris.every((uri) => typeof uri === 'string')))
  );
}

function offers(capabilities: Fields, name: string, member: string): boolean {
  const capability = capabilities[name];
  return isRecord(capability) && capability[member] === true;
}

/** The first message on the stream. @param id of the request, which names the subscription from now on */
export function acknowledgement(id: RequestId, filter: ListenFilter): NotificationMessage {
  return tagged(
    {
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: filter },
    },
    id,
  );
}

/** The change as this client gets it. `undefined`: it has not asked to be told. */
export function changeFor(
  message: NotificationMessage,
  id: RequestId,
  filter: ListenFilter,
): NotificationMessage | undefined {
  return isWanted(message, filter) ? tagged(message, id) : undefined;
}

function isWanted({ method, params }: NotificationMessage, filter: ListenFilter): boolean {
  const list = LISTS.find((each) => each.method === method);
  if (list !== undefined) return filter[list.member] === true;
  if (method !== 'notifications/resources/updated' || !isRecord(params)) return false;
  const { uri } = params;
  return typeof uri === 'string' && (filter.resourceSubscriptions ?? []).some((each) => covers(each, uri));
}

/** A backend may tell of a part of the resource, which has a URI below. */
function covers(subscribed: string, updated: string): boolean {
  return updated === subscribed || updated.startsWith(subscribed.endsWith('/') ? subscribed : `${subscribed}/`);
}

/** The last message on a stream that the server ends. */
export function listenResult(id: RequestId, serverInfo: Fields | undefined): Fields {
  return {
    resultType: 'complete',
    _meta: { [SUBSCRIPTION_ID_KEY]: id, ...(serverInfo !== undefined && { [SERVER_INFO_KEY]: serverInfo }) },
  };
}

function tagged({ method, params }: NotificationMessage, id: RequestId): NotificationMessage {
  const fields = isRecord(params) ? params : {};
  const meta = isRecord(fields['_meta']) ? fields['_meta'] : {};
  return { jsonrpc: '2.0', method, params: { ...fields, _meta: { ...meta, [SUBSCRIPTION_ID_KEY]: id } } };
}

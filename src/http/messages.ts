/** Which values are messages? The same as for the SDK, without a schema: that takes most of the time of a small request. */
import { isMeta } from '../meta.js';
import { isRecord, isRequestId, type JsonRpcMessage } from '../routing/message.js';

type Fields = Readonly<Record<string, unknown>>;

/** Whether it is a JSON-RPC message that the protocol allows, with no member that it does not know. */
export function isMessage(value: unknown): value is JsonRpcMessage {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0') return false;
  if ('method' in value) return isMethodMessage(value);
  if ('result' in value) return isResult(value);
  return isError(value);
}

/** Whether a message begins a session. One that lacks what it must bring begins none. */
export function isInitialize(message: JsonRpcMessage): boolean {
  if (message.method !== 'initialize' || !isRecord(message.params)) return false;
  const { protocolVersion, capabilities, clientInfo } = message.params;
  if (typeof protocolVersion !== 'string' || !isRecord(capabilities) || !isRecord(clientInfo)) return false;
  return typeof clientInfo['name'] === 'string' && typeof clientInfo['version'] === 'string';
}

/** The protocol version that an `initialize` request asks for. */
export function versionIn({ params }: JsonRpcMessage): string {
  return String((params as { readonly protocolVersion: unknown }).protocolVersion);
}

function isMethodMessage(value: Fields): boolean {
  for (const key in value) if (!METHOD_MEMBERS.has(key)) return false;
  const { id, method, params } = value;
  if (typeof method !== 'string' || (id !== undefined && !isRequestId(id))) return false;
  return params === undefined || (isRecord(params) && isMeta(params['_meta']));
}

function isResult(value: Fields): boolean {
  for (const key in value) if (!RESULT_MEMBERS.has(key)) return false;
  const { id, result } = value;
  return isRequestId(id) && isRecord(result) && isMeta(result['_meta']);
}

function isError(value: Fields): boolean {
  for (const key in value) if (!ERROR_MEMBERS.has(key)) return false;
  const { id, error } = value;
  if (id !== undefined && !isRequestId(id)) return false;
  return isRecord(error) && Number.isSafeInteger(error['code']) && typeof error['message'] === 'string';
}

const METHOD_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const RESULT_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'result']);
const ERROR_MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'error']);

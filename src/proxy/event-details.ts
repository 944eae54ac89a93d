/** What events say of a message, without the message itself. */
import type { Answered, CallEnded } from '../proxy-events.js';
import { CLIENT_INFO_KEY } from '../modern-era.js';
import { metaOf, type JsonRpcMessage, type MethodMessage } from '../routing/message.js';

/** The client chooses its name. No more of it is kept. */
const MAX_NAME_LENGTH = 100;

/** The name of the client in its `initialize` request, or in a request of the era without sessions. */
export function clientNameIn(message: JsonRpcMessage): string | undefined {
  const { clientInfo = metaOf(message)?.[CLIENT_INFO_KEY] } = Object(message.params) as {
    readonly clientInfo?: unknown;
  };
  const { name } = Object(clientInfo) as { readonly name?: unknown };
  if (typeof name !== 'string') return undefined;
  // A part of a string would keep the whole of it in memory.
  return name.length > MAX_NAME_LENGTH ? Buffer.from(name.slice(0, MAX_NAME_LENGTH)).toString() : name;
}

/** The tool, the prompt or the resource that a request names. */
export function targetOf({ method, params }: MethodMessage): string | undefined {
  const { name, uri } = Object(params) as { readonly name?: unknown; readonly uri?: unknown };
  const target = method.startsWith('resources/') ? uri : name;
  return typeof target === 'string' ? target : undefined;
}

/** What the backend's answer to a call says. */
export function callOutcome({ error, result }: JsonRpcMessage): Pick<CallEnded, 'outcome' | 'code'> {
  if (error !== undefined) return { outcome: 'error', code: numberIn((Object(error) as { code?: unknown }).code) };
  const { isError } = Object(result) as { readonly isError?: unknown };
  return { outcome: isError === true ? 'tool-error' : 'result', code: undefined };
}

/** What an answer to a question says. */
export function answerOutcome({ error, result }: JsonRpcMessage): Answered['outcome'] {
  if (error !== undefined) return 'error';
  const { action } = Object(result) as { readonly action?: unknown };
  return action === 'accept' || action === 'decline' || action === 'cancel' ? action : 'result';
}

/** The text of an error answer. */
export function errorTextIn({ error }: JsonRpcMessage): string | undefined {
  const { message } = Object(error) as { readonly message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

/** Why the client cancels a call. */
export function reasonIn({ params }: JsonRpcMessage): string | undefined {
  const { reason } = Object(params) as { readonly reason?: unknown };
  return typeof reason === 'string' ? reason : undefined;
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

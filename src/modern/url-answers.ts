/** What becomes of a call that its backend has refused until the user has visited a page. */
import { INTERNAL_ERROR } from '../rpc-codes.js';
import type { Fields } from './meta.js';
import type { ErrorObject } from './refusal.js';
import { modernResult } from './to-modern.js';

const DECLINED = 'The user has not agreed to visit the page that this needs';

export function isAccepted(answer: Fields): boolean {
  return answer['action'] === 'accept';
}

/** The outcome of a call whose user does not want to visit the page. A model can make something of a tool's result. */
export function declined(
  method: string,
  serverInfo: Fields | undefined,
): { readonly result: Fields } | { readonly error: ErrorObject } {
  if (method !== 'tools/call') return { error: { code: INTERNAL_ERROR, message: DECLINED } };
  return { result: modernResult(method, { content: [{ type: 'text', text: DECLINED }], isError: true }, serverInfo) };
}

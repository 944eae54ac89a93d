/** Answers that name no request, or whose request is known to nobody. */
import { INTERNAL_ERROR, PARSE_ERROR } from '../rpc-codes.js';

/** To what cannot be parsed, but says in its headers that it is of the modern era. */
export const INVALID_JSON: string = textOf(PARSE_ERROR, 'Parse error: Invalid JSON');

export const INTERNAL: string = textOf(INTERNAL_ERROR, 'Internal error');

function textOf(code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } });
}

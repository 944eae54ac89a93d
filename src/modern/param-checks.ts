/**
 * Headers repeat those arguments of a tool for which it asks in its input schema. The two must agree. Otherwise whoever
 * stands between would let a call pass for what it is not.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { textInHeader } from '../header-value.js';
import { argumentAt, headerNameOf, paramHeadersIn, paramText, type ParamHeader } from '../param-headers.js';
import { putBounded } from '../routing/bounded.js';
import { isRecord } from '../routing/message.js';
import type { ModernCall } from './envelope.js';
import type { HeadersToRead } from './header-checks.js';
import type { Fields } from './meta.js';
import { headerMismatch, type Refusal } from './refusal.js';

/** What a header may hold as it is. */
const VISIBLE = /^[\t\x20-\x7e]*$/;
const DECIMAL = /^-?\d+(?:\.\d+)?$/;

const MAX_LISTS = 1_000;
/** Most tools ask for no header. Those that do not are not counted. */
const MAX_TOOLS = 1_000;

/**
 * The tools that ask for headers, as backends have listed them. Clients with different keys do not learn of each other's
 * tools. The oldest are forgotten first, and a tool that is not known is not checked.
 */
export class ToolHeaders {
  readonly #lists = new Map<string, Map<string, readonly ParamHeader[]>>();

  /** @param key see `sessionKey()` @param result of `tools/list`, or a page of it */
  learn(key: string, { tools }: Fields): void {
    if (!Array.isArray(tools)) return;
    for (const tool of tools as readonly unknown[]) {
      if (!isRecord(tool) || typeof tool['name'] !== 'string') continue;
      this.#learnTool(key, tool['name'], paramHeadersIn(tool['inputSchema']) ?? []);
    }
  }

  #learnTool(key: string, name: string, headers: readonly ParamHeader[]): void {
    const known = this.#lists.get(key);
    if (headers.length === 0) {
      known?.delete(name);
      if (known?.size === 0) this.#lists.delete(key);
      return;
    }
    const list = known ?? new Map<string, readonly ParamHeader[]>();
    putBounded(list, name, headers, MAX_TOOLS);
    putBounded(this.#lists, key, list, MAX_LISTS);
  }

  /** A header that says something else than the argument that it repeats, or one that is missing. */
  check(key: string, call: ModernCall, headers: HeadersToRead): Refusal | undefined {
    const { name, arguments: args } = call.params;
    if (call.method !== 'tools/call' || typeof name !== 'string') return undefined;
    for (const header of this.#lists.get(key)?.get(name) ?? []) {
      const refusal = wrongHeader(call, header, argumentAt(args, header.path), headers);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
}

/** An argument that is absent or `null` has no header. If there is one, its text does not count. */
function wrongHeader(
  { id }: ModernCall,
  { name: shortName, path }: ParamHeader,
  argument: unknown,
  headers: HeadersToRead,
): Refusal | undefined {
  const name = headerNameOf(shortName);
  const value = headers.get(name.toLowerCase()) ?? undefined;
  if (value !== undefined && !VISIBLE.test(value))
    return headerMismatch(id, value, `the ${name} header carries characters that it may not hold`);
  const expected = paramText(argument);
  if (expected === undefined) return undefined;
  const body = `the body carries ${path.join('.')}=${JSON.stringify(argument)}`;
  // Logs hold no arguments.
  const shown = `the ${name} header does not repeat the argument ${path.join('.')}`;
  if (value === undefined) return headerMismatch(id, value, `${body} but the ${name} header is absent`, shown);
  const text = textInHeader(value);
  if (text === undefined)
    return headerMismatch(id, value, `the ${name} header carries an invalid Base64 sentinel value`);
  return isSame(text, expected, argument)
    ? undefined
    : headerMismatch(id, value, `${body} but the ${name} header says ${JSON.stringify(text)}`, shown);
}

/** Numbers may be written in several ways: `42` and `42.0` are one. */
function isSame(text: string, expected: string, argument: unknown): boolean {
  return text === expected || (typeof argument === 'number' && DECIMAL.test(text) && Number(text) === argument);
}

import { textOf } from '../errors.js';
import { Client } from './client.js';
import { DoctorFault } from './fault.js';
import { HttpError } from './http-exchange.js';
import { TOOL_NAMES } from './messages.js';
import type { Target } from './stage.js';
import type { Connect, WireKind } from './wire.js';
import { LATE, within } from './within.js';

const ONCE_MS = 20_000;
const RETRY_MS = 100;
/** How long one that refuses may take to think better of it. */
const REFUSES_MS = 3_000;

const CREDENTIAL = 'It may need a credential: give it by --header';
const HINTS: Readonly<Record<number, string>> = {
  401: CREDENTIAL,
  403: CREDENTIAL,
  404: 'Its endpoint may be elsewhere: give it by --path, or in the --url',
};

interface ListResult {
  readonly tools: readonly { readonly name: string }[];
  readonly nextCursor?: string;
}

/**
 * Finds the tools of the backend behind a proxy.
 *
 * @param patienceMs how long to try again: one that has just been started may listen before it can serve
 * @throws DoctorFault if it cannot be reached, or has another server behind it
 */
export async function reach(wire: WireKind, connect: Connect, patienceMs: number): Promise<Target> {
  const began = performance.now();
  let until = began + patienceMs;
  for (;;) {
    let fault: string;
    try {
      const { names, hasSessions } = await toolsOf(connect);
      const prefix = prefixIn(names);
      if (prefix !== undefined) return { wire, connect, hasSessions, tool: (name) => `${prefix}${name}` };
      fault =
        'the server behind the proxy is not the backend of the doctor. Give the proxy the command ' +
        '"mcp-backchannel doctor backend" as its server, or let the doctor start the proxy with --proxy';
    } catch (error) {
      fault = `the proxy opens no session: ${textOf(error)}`;
      const hint = error instanceof HttpError ? HINTS[error.status] : undefined;
      if (hint !== undefined) {
        fault += `. ${hint}`;
        until = Math.min(until, began + REFUSES_MS);
      }
    }
    if (performance.now() > until) throw new DoctorFault(fault);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function toolsOf(
  connect: Connect,
): Promise<{ readonly names: readonly string[]; readonly hasSessions: boolean }> {
  const client = new Client(connect);
  try {
    const names = await within(ONCE_MS, list(client));
    if (names === LATE) throw new Error(`nothing came within ${String(ONCE_MS / 1_000)} s`);
    return { names, hasSessions: client.wire.hasSession };
  } finally {
    await client.close();
  }
}

async function list(client: Client): Promise<readonly string[]> {
  await client.initialize();
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const { message } = await client.start('tools/list', cursor === undefined ? {} : { cursor }).answer;
    if (message.error !== undefined) throw new Error(`${String(message.error.code)} ${message.error.message}`);
    const { tools, nextCursor } = message.result as ListResult;
    names.push(...tools.map(({ name }) => name));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return names;
}

/** What the proxy puts before the names of tools. */
function prefixIn(names: readonly string[]): string | undefined {
  const [one] = TOOL_NAMES;
  return names
    .filter((name) => name.endsWith(one))
    .map((name) => name.slice(0, -one.length))
    .find((prefix) => TOOL_NAMES.every((name) => names.includes(`${prefix}${name}`)));
}

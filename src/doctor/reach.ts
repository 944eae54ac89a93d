import { textOf } from '../errors.js';
import { Client } from './client.js';
import { DoctorFault } from './fault.js';
import { TOOL_NAMES } from './messages.js';
import type { Target } from './stage.js';
import type { Connect, WireKind } from './wire.js';
import { LATE, within } from './within.js';

const ONCE_MS = 20_000;
const RETRY_MS = 100;

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
  const until = performance.now() + patienceMs;
  for (;;) {
    let fault: string;
    try {
      const prefix = prefixIn(await toolsOf(connect));
      if (prefix !== undefined) return { wire, connect, tool: (name) => `${prefix}${name}` };
      fault =
        'the server behind the proxy is not the backend of the doctor. Give the proxy the command ' +
        '"mcp-backchannel doctor backend" as its server, or let the doctor start the proxy with --proxy';
    } catch (error) {
      fault = `the proxy opens no session: ${textOf(error)}`;
    }
    if (performance.now() > until) throw new DoctorFault(fault);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function toolsOf(connect: Connect): Promise<readonly string[]> {
  const client = new Client(connect);
  try {
    const names = await within(ONCE_MS, list(client));
    if (names === LATE) throw new Error(`nothing came within ${String(ONCE_MS / 1_000)} s`);
    return names;
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

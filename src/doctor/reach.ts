import { textOf } from '../errors.js';
import { Client } from './client.js';
import { DoctorFault, OtherServer } from './fault.js';
import { hintFor } from './hints.js';
import { TOOL_NAMES, type ToolName } from './messages.js';
import type { Target } from './stage.js';
import type { Connect, WireKind } from './wire.js';
import { waiting } from './within.js';

const RETRY_MS = 100;
/** How long one whose refusal says what is missing may take to think better of it. */
const REFUSES_MS = 3_000;
/** A session that opens as fast as the first does not need longer, on a busy machine either. */
const OPENS_MS = 10_000;

export interface Patience {
  /** For a session that can be used: a proxy may have to start, or download, a server for it. */
  readonly answersMs: number;
  /** How long to try again what is refused: one that has just been started may listen before it can serve. */
  readonly refusesMs: number;
  /** How long until a call counts as hanging. Until then, nobody wonders. */
  readonly timeoutMs: number;
  /** Is told once why nothing has been tried yet. */
  readonly onWaiting?: (why: string) => void;
}

interface ListResult {
  readonly tools: readonly { readonly name: string }[];
  readonly nextCursor?: string;
}

/** It answers nothing, which would not be better a second time. */
class Silent extends DoctorFault {}

/**
 * Opens a session, finds the tools of the backend behind a proxy, and calls one that asks nothing.
 *
 * @throws DoctorFault if the proxy cannot be reached, has another server behind it, or answers no call
 */
export async function reach(wire: WireKind, connect: Connect, patience: Patience): Promise<Target> {
  const { answersMs, refusesMs, timeoutMs, onWaiting } = patience;
  const began = performance.now();
  let until = began + refusesMs;
  let client = new Client(connect);
  let fault: DoctorFault | undefined;
  const notice = setTimeout(
    () => onWaiting?.(fault?.message ?? `no answer to ${spoken(client.lastSent)} yet`),
    timeoutMs,
  );
  try {
    for (;;) {
      try {
        return { wire, connect, ...(await tryOut(client, answersMs, timeoutMs)) };
      } catch (error) {
        if (error instanceof Silent) throw error;
        const hint = hintFor(error, wire);
        if (hint !== undefined) {
          until = Math.min(until, began + REFUSES_MS);
          clearTimeout(notice);
        }
        fault = error instanceof DoctorFault ? error : new DoctorFault(refusalOf(client, error, hint));
      } finally {
        await client.close();
      }
      if (performance.now() > until) throw fault;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      client = new Client(connect);
    }
  } finally {
    clearTimeout(notice);
  }
}

async function tryOut(
  client: Client,
  answersMs: number,
  timeoutMs: number,
): Promise<Pick<Target, 'hasSessions' | 'opensMs' | 'tool'>> {
  const began = performance.now();
  const inTime = waiting(answersMs, () => {
    throw new Silent(
      `the proxy does not answer ${spoken(client.lastSent)}: nothing came in ${String(answersMs / 1_000)} s`,
    );
  });
  await inTime(client.initialize());
  const opensMs = Math.max(OPENS_MS, timeoutMs, 2 * (performance.now() - began));
  const prefix = prefixIn(await inTime(list(client)));
  if (prefix === undefined) throw new OtherServer();
  const tool = (name: ToolName): string => `${prefix}${name}`;
  await inTime(client.callTool(tool('doctor_echo'), { text: 'a call that asks nothing' }));
  return { hasSessions: client.wire.hasSession, opensMs, tool };
}

function refusalOf({ lastSent }: Client, error: unknown, hint?: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return `nobody listens at the URL: ${textOf(error)}`;
  const what = lastSent === 'initialize' ? 'opens no session' : `refuses ${spoken(lastSent)}`;
  return `the proxy ${what}: ${textOf(error)}${hint === undefined ? '' : `. ${hint}`}`;
}

/** The call is none of those that the doctor is about. */
function spoken(method: string): string {
  return method === 'tools/call' ? 'a tools/call that asks nothing' : method;
}

async function list(client: Client): Promise<readonly string[]> {
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

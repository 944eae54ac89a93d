/**
 * Notices clients that have vanished without closing their connections: the machine sleeps, or its network is gone. What
 * is written to them is never acknowledged, and TCP takes a quarter of an hour to give up. If nothing is written, it never
 * does.
 *
 * Only Linux shows which bytes are acknowledged. Elsewhere nothing happens here, and the limits of the system apply.
 *
 * A client that does not read has not vanished: its kernel acknowledges what it has room for, and answers when it is
 * asked for more room. How much may wait for it is limited by `maxBufferedBytes`.
 */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { after, now } from '../clock.js';
import { debug } from '../debug.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import { keyOf, rowsOf, type TcpState } from './tcp-table.js';
import type { Visit } from './visit.js';

/** How often the tables are read. They are long where there are many connections. */
const LOOK_EVERY_MS = 20_000;

/** Most streams end sooner, and are not looked at. */
const OLD_MS = 10_000;

/** A client that was not heard of in so many looks has vanished. Shorter gaps are usual where a network is changed. */
const UNANSWERED_LOOKS = 3;

/** Proxies on the way keep silent connections for at least a minute, and most answers come sooner. */
const ASK_AFTER_MS = 30_000;

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** What was seen of a connection so far. */
export class Unanswered {
  #looks = 0;
  #tries = 0;

  /** @returns whether its client has vanished */
  seen(state: TcpState | undefined): boolean {
    const tries = state?.unansweredTries ?? 0;
    // The kernel begins to count anew when it was answered.
    this.#looks = tries === 0 ? 0 : tries < this.#tries ? 1 : this.#looks + 1;
    this.#tries = tries;
    return this.#looks >= UNANSWERED_LOOKS;
  }
}

interface Watched {
  readonly since: number;
  readonly unanswered: Unanswered;
}

// One timer and one reading serve all streams of the process.
const watched = new Map<ServerResponse, Watched>();
let cancelTimer: (() => void) | undefined;

/** Closes the connection of this response if its client vanishes. */
export function watchForVanishing(response: ServerResponse): void {
  if (process.platform !== 'linux' || watched.has(response)) return;
  watched.set(response, { since: now(), unanswered: new Unanswered() });
  response.once('close', () => {
    watched.delete(response);
    if (watched.size === 0) stop();
  });
  if (cancelTimer === undefined) lookLater();
}

/**
 * Does the same for a client to which nothing is written, on any system: the kernel asks it whether it is there. Node
 * has it ask each second then, and close the connection when ten questions were not answered.
 */
export function askForVanishing({ request, response }: Pick<Visit, 'request' | 'response'>): void {
  // HTTP/2 has no such method.
  if (request.httpVersionMajor === 1) response.socket?.setKeepAlive(true, ASK_AFTER_MS);
  watchForVanishing(response);
}

function stop(): void {
  cancelTimer?.();
  cancelTimer = undefined;
}

function lookLater(): void {
  // On nobody's behalf: a timer would keep the request in memory during which it was set.
  cancelTimer = onNobodysBehalf(() => after(LOOK_EVERY_MS, () => void look()));
}

async function look(): Promise<void> {
  const timer = cancelTimer;
  const openSince = now() - OLD_MS;
  const keys = new Map<ServerResponse, string>();
  // The oldest come first.
  for (const [response, { since }] of watched) {
    if (since > openSince) break;
    const key = connectionOf(response);
    if (key !== undefined) keys.set(response, key);
  }
  if (keys.size > 0) judge(keys, await rows(new Set(keys.values())));
  // All may have ended while the tables were read, and others begun, with a timer of their own.
  if (cancelTimer === timer) lookLater();
}

function connectionOf({ socket }: ServerResponse): string | undefined {
  try {
    return socket ? keyOf(socket) : undefined;
  } catch {
    // HTTP/2 throws where a connection has just ended.
    return undefined;
  }
}

function judge(keys: ReadonlyMap<ServerResponse, string>, states: ReadonlyMap<string, TcpState>): void {
  for (const [response, key] of keys) {
    if (watched.get(response)?.unanswered.seen(states.get(key)) !== true) continue;
    debug.stream('a client has vanished: its connection is closed');
    response.socket?.destroy();
  }
}

async function rows(keys: ReadonlySet<string>): Promise<Map<string, TcpState>> {
  const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
  return new Map(tables.flatMap((table) => [...rowsOf(table, keys)]));
}

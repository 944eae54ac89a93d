/** Makes calls as a client and sees what becomes of them, and of the messages they are to cause. */
import type { Arrival, Call as Started, Message, StrictClient } from '../lib/strict-client.js';
import type { RouteLog } from './route-log.js';

/** How long a call may take before it counts as hanging. */
export const LIMIT_MS = 3000;

/** A tool call. */
export interface Call {
  readonly tool: string;
  readonly args?: object;
  /** What its answer must say. */
  readonly answer: string;
  /** How many messages it is to cause, at least; 1 if not given. */
  readonly count?: number;
  /** How its question reads, where that tells it from the questions of other calls. */
  readonly tag?: string;
}

/** One session with one proxy. */
export interface Scene {
  readonly client: StrictClient;
  /** Undefined where the proxy is bare: it decides nothing. */
  readonly routes: RouteLog | undefined;
  /** Whether each message must come on the stream of its own call. */
  readonly exact: boolean;
}

export interface Outcome {
  /**
   * - `'hang'`: a call was not answered
   * - `'lost'`: the calls were answered, but the client has not got what they were to cause
   * - `'astray'`: it came on the stream of another call
   */
  readonly state: 'ok' | 'hang' | 'lost' | 'astray' | 'error';
  /** How many calls were answered, where there are several; what the error says. */
  readonly detail: string;
  readonly ms: number;
  /** The streams it came on. */
  readonly stream: string;
  readonly evidence: string;
}

/** Makes `calls` all at once; they are to cause messages of `method`. */
export async function observe(scene: Scene, method: string, calls: readonly Call[]): Promise<Outcome> {
  const { client, routes } = scene;
  const from = client.arrivals.length;
  const mark = routes?.mark() ?? 0;

  const began = performance.now();
  const made = calls.map((call) => ({ call, started: start(client, call) }));
  const replies = await Promise.all(made.map(async ({ started }) => within(LIMIT_MS, finish(started))));
  const ms = performance.now() - began;

  const expected = calls.reduce((sum, { count = 1 }) => sum + count, 0);
  const got = client.arrivals.slice(from).filter(({ message }) => message.method === method);
  const seen = await routes?.since(mark, client.sessionId, method, got.length);
  const owned = got.filter((arrival) => arrival.stream === ownerOf(arrival, made));
  const astray = scene.exact && owned.length < got.length;
  return {
    ...judge(calls, replies, got.length < expected, astray),
    ms,
    stream: streamsOf(got, owned, made.length),
    evidence: tally((seen ?? []).map(({ evidence }) => evidence ?? 'none')),
  };
}

function start(client: StrictClient, { tool, args }: Call): Started {
  const _meta = { progressToken: `token ${client.arrivals.length}` };
  return client.start('tools/call', { name: tool, arguments: args ?? {}, _meta });
}

/** The answer, once its stream has ended too: nothing more can come on it. */
async function finish({ response, exchange }: Started): Promise<Message> {
  try {
    const answer = await response;
    const { ended } = await exchange;
    await ended;
    return answer;
  } catch (cause) {
    return { error: { code: 0, message: String(cause) } };
  }
}

/** `undefined` if it takes longer. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, limitMs, undefined);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function judge(
  calls: readonly Call[],
  replies: readonly (Message | undefined)[],
  missing: boolean,
  astray: boolean,
): Pick<Outcome, 'state' | 'detail'> {
  const wrong = replies.find((reply, index) => reply !== undefined && !says(reply, calls[index]?.answer ?? ''));
  if (wrong !== undefined) return { state: 'error', detail: wrong.error?.message ?? 'wrong answer' };
  const answered = replies.filter((reply) => reply !== undefined).length;
  const detail = calls.length > 1 ? `${answered} of ${calls.length}` : '';
  if (answered < calls.length) return { state: 'hang', detail };
  if (missing) return { state: 'lost', detail };
  return astray ? { state: 'astray', detail: '' } : { state: 'ok', detail };
}

function says({ result }: Message, answer: string): boolean {
  const { content = [], isError } = (result ?? {}) as { content?: { text?: string }[]; isError?: boolean };
  return isError !== true && content.some(({ text }) => text?.includes(answer));
}

/** The stream of the call that caused a message, where that can be told. */
function ownerOf(
  { message }: Arrival,
  made: readonly { readonly call: Call; readonly started: Started }[],
): string | undefined {
  const tag = (message.params as { message?: string } | undefined)?.message;
  const owner = made.length === 1 ? made[0] : made.find(({ call }) => call.tag !== undefined && call.tag === tag);
  return owner && `POST ${String(owner.started.id)}`;
}

function streamsOf(got: readonly Arrival[], owned: readonly Arrival[], calls: number): string {
  if (got.length === 0) return '';
  if (owned.length === got.length) return calls > 1 ? 'own POST each' : 'own POST';
  return got.every(({ stream }) => stream.startsWith('POST')) ? 'a live POST' : tally(got.map(({ stream }) => stream));
}

/** `context`, where all are the same, otherwise `last-inbound 7, sole 1`. */
function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size <= 1) return values[0] ?? '';
  return [...counts].map(([value, count]) => `${value} ${count}`).join(', ');
}

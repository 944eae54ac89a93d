/** What `npm run bench:peers` writes to `peers.json`. */
import type { SituationFinding } from '../../src/doctor/findings.js';
import type { Measured } from '../lib/statistics.js';
import type { Environment } from '../../suites/lib/environment.js';

/** How much was measured. */
export interface Effort {
  readonly rounds: number;
  /** Calls per round for latency, one after the other. */
  readonly calls: number;
  /** For how long calls per second are counted in each round. */
  readonly throughputMs: number;
  /** Calls at once, in one session, for calls per second. */
  readonly concurrency: number;
  /** How often each was started. */
  readonly starts: number;
  /** How often memory was measured, each time in a new process. */
  readonly memoryRounds: number;
  /** Idle sessions that memory is divided by. */
  readonly sessions: number;
  /** The same for a program that has one session, and is a process for each. Older results have none. */
  readonly stdioSessions: number;
}

/** Which one: what results have in common. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  readonly upstream: 'stdio' | 'http';
  readonly isOurs: boolean;
  /** The floor is none. */
  readonly isPeer: boolean;
  readonly wire: Wire;
}

/**
 * What a proxy speaks with its clients: `sse` is the older HTTP+SSE, where answers come on another exchange; with
 * `stdio` it is a process for each session.
 */
export type Wire = 'streamable-http' | 'sse' | 'stdio';

/** The backend without a proxy. */
export interface Direct {
  readonly upstream: 'stdio' | 'http';
  readonly p50Us: Measured;
  readonly p99Us: Measured;
  readonly callsPerSecond16: Measured;
}

/** What is compared with that of others. */
export type Measure = 'addedP50Us' | 'callsPerSecond16' | 'rssPerSessionKiB' | 'firstAnswerMs';

/** What it costs. A value is the median of the rounds, with the least and the greatest. */
export interface Cost extends Subject {
  /** A value that one call sets is there in the next of the same session. Measured; see `behaviour`. */
  readonly stateful: boolean | null;
  /** As in `behaviour`. */
  readonly sdk?: string;
  /** Of a `tools/call`, beyond that of the same call straight to the backend, in the same round. */
  readonly addedP50Us: Measured;
  readonly addedP99Us: Measured;
  readonly callsPerSecond16: Measured;
  /** Processor time of the process of the proxy alone, for a call, 16 at once. */
  readonly cpuPerCallUs: Measured;
  /** From the start of the process to the answer of the first call. */
  readonly firstAnswerMs: Measured;
  /** Of the process of the proxy alone, with one session that is idle. */
  readonly rssOneSessionKiB: Measured;
  /** With `effort.sessions` of them. */
  readonly rssAllSessionsKiB: Measured;
  readonly rssPerSessionKiB: Measured;
  /** Memory that no other process shares. */
  readonly privatePerSessionKiB: Measured;
  /** JavaScript heap that is left after garbage collection. */
  readonly heapPerSessionKiB: Measured;
  /** Each round's value: all took their turn in it. */
  readonly byRound: Readonly<Record<Measure, readonly number[]>>;
}

/** How long a call that asks may take before it counts as one that hangs. */
export const HANG_MS = 2_500;

/** `hang`: nothing within {@link HANG_MS}. `failed`: the call was answered with an error. */
export type Outcome = 'answered' | 'failed' | 'hang' | 'not tried';

/** Questions of the backend, in a session whose client has, or has not, opened the standalone stream. */
export interface Questions {
  readonly first: Outcome;
  readonly second: Outcome;
  /** Not tried when the first or the second failed or hung. */
  readonly twentieth: Outcome;
  /** The stream on which the first one came. */
  readonly stream: 'own' | 'of another call' | 'standalone' | 'pipe' | null;
  readonly eightAtOnce: Eight;
}

/** Eight calls at once, each of which asks. */
interface Eight {
  readonly answered: number;
  /** On the stream of the call that asked. */
  readonly onOwnStream: number;
}

export interface Behaviour extends Subject {
  readonly stateful: boolean;
  /** Two clients do not see what the other one has set: each has a session of the backend to itself. */
  readonly backendPerSession: boolean;
  /** Two sessions with the same request ids each got their own answers. */
  readonly answersIsolated: boolean;
  /** `null`: it has no such stream. */
  readonly standaloneNeverOpened: Questions | null;
  readonly standaloneOpen: Questions;
  /** What a request with a foreign `Host` or `Origin` is answered, as a web page could send it. `null`: over stdio. */
  readonly foreignHost: Refusal | null;
  readonly foreignOrigin: Refusal | null;
  /** A client without credentials is refused, by default. */
  readonly needsCredential: boolean;
  /** What it asks to listen on when it is told nothing. `null`: every address. `nothing`: it does not listen. */
  readonly defaultAddress: string | null;
  /** The version of the SDK that it runs, as sdk.ts has found it; nothing if it runs none. */
  readonly sdk?: string;
}

export interface Refusal {
  readonly refused: boolean;
  readonly status: number | null;
}

/** What a client of revision 2026-07-28 tries, in front of a legacy backend. */
export const MODERN_TASKS = [
  'tools/list',
  'plain call',
  'elicitation',
  'sampling',
  'roots',
  'two at once',
  'cancel',
] as const;
export type ModernTask = (typeof MODERN_TASKS)[number];

/**
 * - `refused`: an error in the place of a result, with its HTTP status and its code, if there are any
 * - `hangs`: no answer in {@link HANG_MS}
 * - `lost`: the result was not made from the answer of the client; or the backend was not told that its call is cancelled
 */
export type ModernOutcome =
  | { readonly kind: 'works' | 'hangs' | 'lost' }
  | { readonly kind: 'refused'; readonly status: number | null; readonly code: number | null };

export interface ModernBehaviour extends Subject {
  readonly outcomes: Readonly<Record<ModernTask, ModernOutcome>>;
}

/** What `npm run bench:peers` writes to `peers-eras.json`. */
export interface PeersErasResult {
  readonly environment: Environment;
  readonly behaviour: readonly ModernBehaviour[];
  readonly failures: readonly Failure[];
}

/** What the doctor says of one. */
export interface Examined extends Subject {
  readonly situations: readonly SituationFinding[];
}

/** What `npm run doctor:peers -- --write` writes to `peers-doctor.json`. */
export interface PeersDoctorResult {
  readonly environment: Environment;
  readonly examined: readonly Examined[];
}

/** One that could not be measured. */
export interface Failure extends Subject {
  readonly phase: 'load' | 'memory' | 'behaviour';
  readonly reason: string;
}

/** What the command is meant to reach, compared with the best peer that stands between the same ends. */
export interface Aim {
  readonly measure: Measure;
  readonly upstream: 'stdio' | 'http';
  /** Of ours and of the peer, where both speak it with their clients. Otherwise they speak HTTP. */
  readonly wire?: 'stdio';
  /** Peers that are stateful; or those of them that have a session of the backend for each of theirs. */
  readonly beside: 'stateful' | 'own backends';
  readonly ours: Measured;
  readonly bestPeer: Measured;
  readonly bestPeerName: string;
  /** Of ours to the best peer's, round by round. */
  readonly ratio: Measured;
  /** `null`: it is told for comparison. */
  readonly aim: string | null;
  /** In every round. `null` too where one that could not be measured may be better than the best that was. */
  readonly reached: boolean | null;
  /** Peers that could not be measured, and may be the best. */
  readonly unmeasured?: readonly string[];
}

export interface PeersResult {
  readonly environment: Environment;
  readonly method: readonly string[];
  readonly effort: Effort;
  readonly direct: readonly Direct[];
  readonly contestants: readonly Cost[];
  readonly behaviour: readonly Behaviour[];
  readonly aims: readonly Aim[];
  readonly failures: readonly Failure[];
}

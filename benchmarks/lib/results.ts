/** What each benchmark's result file holds. */
import type { PairedRatio } from './bootstrap.js';
import type { Environment } from '../../suites/lib/environment.js';
import type { Measured } from './statistics.js';

/** How long and how often was measured: told with each result. */
type Effort = Readonly<Record<string, number>>;

export interface RoutingResult extends Environment {
  /** What the time of a message is. Older results do not tell. */
  readonly timing?: string;
  readonly effort: Effort;
  readonly cycle: readonly CycleRow[];
  readonly sessions: readonly SessionRow[];
  /** Of heap, beyond a bare transport's. */
  readonly bytes: {
    readonly perIdleSession: Readonly<Record<string, { readonly connected: Measured; readonly used: Measured }>>;
    readonly perRequestInFlight: Readonly<Record<string, Measured>>;
  };
}

/** One variant at one number of requests in flight. */
export interface CycleRow {
  /** What is in use in the process that measures. */
  readonly process: 'plain' | 'context' | 'context, debug';
  readonly variant: string;
  readonly inFlight: number;
  readonly nsPerMessage: Measured;
  /** To the hand-written wrapper in a process without async context. */
  readonly toHandWritten: Measured;
  /** To the hand-written wrapper in the same process. */
  readonly toHandWrittenInProcess: Measured;
  /** To the same variant with one request in flight. */
  readonly toOneInFlight: Measured;
}

/** One variant at one number of sessions, of which one after the other has a cycle. */
export interface SessionRow {
  readonly kind: 'many transports' | 'one transport';
  readonly variant: string;
  readonly sessions: number;
  readonly nsPerMessage: Measured;
  readonly toHandWrittenInProcess: Measured;
  /** To the same variant with one session. */
  readonly toOneSession: Measured;
}

export interface HttpResult extends Environment {
  readonly effort: Effort;
  readonly rows: readonly HttpRow[];
}

/** One workload at one number of concurrent clients. */
export interface HttpRow {
  readonly workload: 'echo' | 'elicit' | 'elicit unnamed' | 'progress';
  readonly concurrency: number;
  readonly pairs: number;
  readonly bare: ServerFigures;
  /** Bare, with async contexts as the wrapper has them. */
  readonly context: ServerFigures;
  readonly wrapped: ServerFigures;
  /** Our own transport, and the least that a server can cost. Older results have neither. */
  readonly ours?: ServerFigures;
  readonly floor?: ServerFigures;
  readonly wrappedToBare: Ratios;
  readonly contextToBare: Ratios;
  readonly wrappedToContext: Ratios;
  readonly oursToBare?: Ratios;
  readonly oursToFloor?: Ratios;
}

/** One server to another. */
export interface Ratios {
  /** Time per call by the wall clock. */
  readonly time: PairedRatio;
  /** Median latency of a batch. */
  readonly p50: PairedRatio;
  /** Processor time of the server per call. */
  readonly serverCpu: PairedRatio;
}

/** Of one server, over all rounds. */
export interface ServerFigures {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpuMsPerCall: number;
}

export interface ScaleResult extends Environment {
  readonly effort: Effort;
  readonly transport: string;
  readonly cost: readonly ScaleRow[];
  readonly burst: readonly ScaleBurst[];
  /** Of a bare session, its client and its backend in memory. */
  readonly bytesPerBareSession: Measured;
  readonly bytesPerIdleSessionBeyondBare: Readonly<Record<string, Measured>>;
}

/** One variant at one number of sessions. */
export interface ScaleRow {
  readonly variant: string;
  readonly sessions: number;
  readonly usPerMessage: Measured;
  readonly toHandWritten: Measured;
  /** To the same variant with the fewest sessions. */
  readonly toFewest: Measured;
}

/** Many sessions asked a question at once: figures as in scale.child.ts. */
export interface ScaleBurst extends Record<'deliveredMs' | 'completedMs' | 'heapMiB', Measured> {
  /** Older results have none. */
  readonly holdsLoopMs?: Measured;
  readonly loopDelayP99Ms?: Measured;
  readonly variant: string;
  readonly sessions: number;
  readonly open: number;
}

/** Clients that do not read, and what they cost. */
export interface SlowResult extends Environment {
  readonly effort: Effort;
  /** Of the process of the server. */
  readonly rssMiB: {
    /** With all clients connected, and nothing written. */
    readonly start: Measured;
    /** When the first stream was ended because too much waited for its client. */
    readonly atLimit: Measured;
    readonly mostAfterLimit: Measured;
    readonly end: Measured;
  };
  /** At the end, when all garbage is collected: the heap, and what it holds outside. */
  readonly inUseMiB: Measured;
  readonly secondsToLimit: Measured;
  /** Because of `maxBufferedBytes`. */
  readonly streamsEnded: Measured;
  readonly writtenMiBPerSecond: Measured;
  /** Of clients that read, without slow ones and with them. */
  readonly alone: { readonly p50Ms: Measured; readonly p99Ms: Measured };
  readonly withSlow: { readonly p50Ms: Measured; readonly p99Ms: Measured };
  /** Of the first round. */
  readonly rssOverTime: readonly { readonly seconds: number; readonly rssMiB: number }[];
}

/** What a hop from node to node costs. */
export interface ClusterResult extends Environment {
  readonly effort: Effort;
  readonly rows: readonly ClusterRow[];
  /** Of the process of a node, with its client's connections and a backend in memory. */
  readonly bytesPerIdleSession: Measured;
}

/** One kind of backend at one number of concurrent clients. */
export interface ClusterRow {
  readonly backend: 'in memory' | 'stdio';
  readonly concurrency: number;
  readonly pairs: number;
  /** Without a cluster. */
  readonly single: ServerFigures;
  /** The node that has the session. */
  readonly owner: ServerFigures;
  /** Another node, which passes the calls on to the owner. The processor time is that of both. */
  readonly hop: ServerFigures;
  readonly ownerToSingle: Ratios;
  readonly hopToSingle: Ratios;
}

export interface ProfileResult extends Environment {
  readonly effort: Effort;
  readonly profiles: readonly Profile[];
}

/** Where the processor time of one program goes under load. */
export interface Profile {
  readonly target: string;
  readonly calls: number;
  readonly samples: number;
  /** In all threads of the process alone. */
  readonly cpuUsPerCall: number;
  /** What each group of code takes itself, the most first. */
  readonly groups: readonly { readonly group: string; readonly share: number; readonly usPerCall: number }[];
}

export interface ErasResult extends Environment {
  readonly effort: Effort;
  readonly rows: readonly ErasRow[];
}

/** One workload with one backend, at one number of concurrent clients. */
export interface ErasRow {
  /** `modern`: over HTTP. The others are legacy. */
  readonly backend: 'in memory' | 'stdio' | 'modern';
  readonly workload: 'plain' | 'asking';
  readonly concurrency: number;
  readonly pairs: number;
  /** The proxy of a legacy client. With a modern backend: a reverse proxy that reads JSON, and its client is modern. */
  readonly base: ServerFigures;
  /** The proxy of a modern client. */
  readonly modern: ServerFigures;
  readonly modernToBase: Ratios;
}

export interface TelemetryResult extends Environment {
  readonly effort: Effort;
  readonly rows: readonly TelemetryRow[];
}

/** One workload, and who watches the proxy. */
export interface TelemetryRow {
  readonly workload: 'plain' | 'asking';
  readonly concurrency: number;
  readonly watched: string;
  readonly pairs: number;
  readonly figures: ServerFigures;
  /** To the proxy that nobody watches. `null`: it is that one. */
  readonly toUnwatched: Ratios | null;
}

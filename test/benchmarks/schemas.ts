/** What a result must hold to be drawn and told. No schema says anything about how long something may take. */
import { z } from 'zod';

const Figure = z.number().positive();
const Measured = z.object({ median: Figure, min: Figure, max: Figure });
/** Of which noise may make less than nothing. */
const Signed = z.object({ median: z.number(), min: z.number(), max: z.number() });
const PairedRatio = z.object({ ratio: Figure, low: Figure, high: Figure });

const Environment = z.object({
  date: z.iso.datetime(),
  commit: z.string().min(1),
  node: z.literal(process.version),
  sdk: z.string().min(1),
  machine: z.object({ cpu: z.string(), cores: Figure, platform: z.string() }),
  effort: z.record(z.string(), z.number()),
});

export const Routing = Environment.extend({
  timing: z.string(),
  cycle: z
    .array(
      z.object({
        process: z.enum(['plain', 'context', 'context, debug']),
        variant: z.string(),
        inFlight: z.literal([1, 10]),
        nsPerMessage: Measured,
        toHandWritten: Measured,
        toHandWrittenInProcess: Measured,
        toOneInFlight: Measured,
      }),
    )
    .length(22),
  sessions: z
    .array(
      z.object({
        kind: z.enum(['many transports', 'one transport']),
        variant: z.string(),
        sessions: z.literal([1, 10]),
        nsPerMessage: Measured,
        toHandWrittenInProcess: Measured,
        toOneSession: Measured,
      }),
    )
    .length(16),
  bytes: z.object({
    perIdleSession: z.record(z.string(), z.object({ connected: Signed, used: Signed })),
    perRequestInFlight: z.record(z.string(), Signed),
  }),
});

const Ratios = z.object({ time: PairedRatio, p50: PairedRatio, serverCpu: PairedRatio });
const Server = z.object({ callsPerSecond: Figure, p50Ms: Figure, p99Ms: Figure, serverCpuMsPerCall: z.number() });

export const Http = Environment.extend({
  rows: z
    .array(
      z.object({
        workload: z.enum(['echo', 'elicit', 'elicit unnamed', 'progress']),
        concurrency: Figure,
        pairs: z.literal(2),
        bare: Server,
        context: Server,
        wrapped: Server,
        wrappedToBare: Ratios,
        contextToBare: Ratios,
        wrappedToContext: Ratios,
      }),
    )
    .length(8),
});

export const Scale = Environment.extend({
  cost: z.array(
    z.object({
      variant: z.string(),
      sessions: Figure,
      usPerMessage: Measured,
      toHandWritten: Measured,
      toFewest: Measured,
    }),
  ),
  burst: z.array(
    z.object({
      variant: z.string(),
      open: Figure,
      deliveredMs: Measured,
      completedMs: Measured,
      holdsLoopMs: Signed,
      loopDelayP99Ms: Signed,
      heapMiB: Measured,
    }),
  ),
  bytesPerBareSession: Signed,
  bytesPerIdleSessionBeyondBare: z.record(z.string(), Signed),
});

const Latencies = z.object({ p50Ms: Measured, p99Ms: Measured });

export const Slow = Environment.extend({
  rssMiB: z.object({ start: Measured, atLimit: Measured, mostAfterLimit: Measured, end: Measured }),
  inUseMiB: Measured,
  secondsToLimit: Measured,
  streamsEnded: Measured,
  writtenMiBPerSecond: Measured,
  alone: Latencies,
  withSlow: Latencies,
  rssOverTime: z.array(z.object({ seconds: z.number(), rssMiB: Figure })).min(2),
});

const Share = z.object({ group: z.string(), share: Figure.max(1), usPerCall: Figure });

export const Profile = Environment.extend({
  profiles: z.array(
    z.object({ target: z.string(), calls: Figure, samples: Figure, cpuUsPerCall: Figure, groups: z.array(Share) }),
  ),
});

export const Cluster = Environment.extend({
  rows: z
    .array(
      z.object({
        backend: z.enum(['in memory', 'stdio']),
        concurrency: Figure,
        pairs: z.literal(2),
        single: Server,
        owner: Server,
        hop: Server,
        ownerToSingle: Ratios,
        hopToSingle: Ratios,
      }),
    )
    .length(4),
  bytesPerIdleSession: Measured,
});

export const Eras = Environment.extend({
  rows: z
    .array(
      z.object({
        backend: z.enum(['in memory', 'stdio', 'modern']),
        workload: z.enum(['plain', 'asking']),
        concurrency: Figure,
        pairs: z.literal(2),
        base: Server,
        modern: Server,
        modernToBase: Ratios,
      }),
    )
    .length(12),
});

export const Telemetry = Environment.extend({
  rows: z.array(
    z.object({
      workload: z.enum(['plain', 'asking']),
      concurrency: Figure,
      watched: z.string(),
      pairs: z.literal(2),
      figures: Server,
      toUnwatched: Ratios.nullable(),
    }),
  ),
});

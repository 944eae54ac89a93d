/** What a transport and its wrapper may be like. */
import fc from 'fast-check';

export interface Configuration {
  /**
   * - `watched`: HTTP, and its streams are known
   * - `unwatched`: HTTP, but `handleRequest` is called past the wrapper
   * - `several`: HTTP, several sessions on one transport
   * - `pipe`: one stream for everything
   */
  readonly kind: 'watched' | 'unwatched' | 'several' | 'pipe';
  /** It is our own transport, which knows its streams from the start, and is not started again. */
  readonly own: boolean;
  readonly json: boolean;
  /** The response mode is told, and not found out. */
  readonly modeTold: boolean;
  /** The client is of the 2026-07-28 revision: nothing is inferred. */
  readonly modern: boolean;
  readonly store: boolean;
  /** It takes its time to be read for a client that comes back. */
  readonly slowStore: boolean;
  /** The head of a GET that resumes is written before the event store is read, and `handleRequest` settles afterwards. */
  readonly resumesWhenHandled: boolean;
  /** The head of an answer is written before its messages come in. */
  readonly headFirst: boolean;
  /** A second GET takes the place of the first, instead of being refused. */
  readonly replacesGet: boolean;
  /** The client answers while it is being asked. */
  readonly instantClient: boolean;
  /** The client uses ids that are in flight, which it must not: where such messages wait is not seen from outside. */
  readonly reusesIds: boolean;
  /** From the start, the transport takes its time to write. */
  readonly startsSlow: boolean;
  /** Subscribers and hooks throw. */
  readonly hostile: boolean;
  readonly closesTwice: boolean;
  readonly ambiguous: 'last-inbound' | 'reject';
  readonly attribution: 'context' | 'last-inbound';
  readonly parkTimeoutMs: number;
  readonly maxParked: number;
  readonly orphanTimeoutMs: number;
  readonly sessionWide: 'prefer-standalone' | 'standalone-only';
}

const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 3 }, ...others.map((value) => fc.constant(value)));

export const configurations: fc.Arbitrary<Configuration> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constant('watched' as const), weight: 8 },
    fc.constant('unwatched' as const),
    fc.constant('several' as const),
    fc.constant('pipe' as const),
  ),
  own: fc.constant(false),
  json: mostly(false, true),
  modeTold: mostly(false, true),
  modern: fc.oneof({ arbitrary: fc.constant(false), weight: 20 }, fc.constant(true)),
  store: fc.boolean(),
  slowStore: mostly(true, false),
  resumesWhenHandled: mostly(false, true),
  headFirst: fc.boolean(),
  replacesGet: fc.boolean(),
  instantClient: mostly(false, true),
  reusesIds: mostly(false, true),
  startsSlow: mostly(false, true),
  hostile: mostly(false, true),
  closesTwice: mostly(false, true),
  ambiguous: mostly<'last-inbound' | 'reject'>('last-inbound', 'reject'),
  attribution: mostly<'context' | 'last-inbound'>('context', 'last-inbound'),
  parkTimeoutMs: mostly(1_000, 0, 50),
  maxParked: mostly(256, 0, 1, 2),
  orphanTimeoutMs: mostly(2_000, 0, 100),
  sessionWide: mostly<'prefer-standalone' | 'standalone-only'>('prefer-standalone', 'standalone-only'),
});

/** What our own transport may be like. Its streams are its own affair, and it writes at once. */
export const ownConfigurations: fc.Arbitrary<Configuration> = configurations.map((one) => ({
  ...one,
  kind: 'watched' as const,
  own: true,
  modeTold: true,
  modern: false,
  store: false,
  slowStore: false,
  resumesWhenHandled: false,
  headFirst: true,
  replacesGet: true,
  reusesIds: false,
  startsSlow: false,
  closesTwice: false,
}));

/** The HTTP transports under which scenarios run: the wrapper around the SDK's, and our own. */
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { BackchannelOptions } from 'mcp-backchannel';
import { StreamableHTTPServerTransport as OurTransport } from 'mcp-backchannel/http';
import { MemoryEventStore } from './event-store.js';
import { UPSTREAM_KINDS, type UpstreamKind } from './upstreams.js';

export interface HttpTransport {
  readonly transport: string;
  /** It has a back-channel by itself, and cannot be had without one. */
  readonly isOurs: boolean;
  /** Makes the transport, before it is wrapped. What wraps it takes the options of its own accord. */
  readonly create: (
    options: StreamableHTTPServerTransportOptions,
    backchannel?: BackchannelOptions,
  ) => StreamableHTTPServerTransport;
}

export const SDKS: HttpTransport = {
  transport: 'the transport of the SDK',
  isOurs: false,
  create: (options) => new StreamableHTTPServerTransport(options),
};

const OURS: HttpTransport = {
  transport: 'our own transport',
  isOurs: true,
  // It is a drop-in for the SDK's, whose type has private members.
  create: (options, backchannel) =>
    new OurTransport({ ...options, backchannel }) as unknown as StreamableHTTPServerTransport,
};

const OURS_WITH_STORE: HttpTransport = {
  transport: 'our own transport with an event store',
  isOurs: true,
  create: (options, backchannel) => OURS.create({ eventStore: new MemoryEventStore(), ...options }, backchannel),
};

/** For scenarios that bring an event store themselves, or have need of none: `describe.each(HTTP_TRANSPORTS)`. */
export const HTTP_TRANSPORTS: readonly HttpTransport[] = [SDKS, OURS];

/** For scenarios that are the same with an event store and without. */
export const WITH_AND_WITHOUT_STORE: readonly HttpTransport[] = [SDKS, OURS, OURS_WITH_STORE];

/**
 * Scenarios with a proxy between client and backend. What the backend is reached by makes no difference to the transport
 * that faces the client, but for what can be known of a message: there are kinds where its context tells its request,
 * and kinds where nothing does. Our own transport is tried with one of each, which keeps the tests short.
 */
export const SCENARIOS: readonly (HttpTransport & { readonly upstream: UpstreamKind })[] =
  WITH_AND_WITHOUT_STORE.flatMap((kind) => {
    const upstreams = kind.isOurs ? (['in-memory', 'stdio'] as const) : UPSTREAM_KINDS;
    return upstreams.map((upstream) => ({ ...kind, upstream }));
  });

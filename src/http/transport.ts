import type { IncomingMessage, ServerResponse } from 'node:http';
import { TransportWithBackchannel } from '../interceptor/transport-with-backchannel.js';
import { inside } from '../interceptor/wrapped.js';
import { settingsFrom } from '../options.js';
import type { RequestId } from '../routing/message.js';
import { BareTransport } from './bare-transport.js';
import type { PendingAnswer } from './pending-answer.js';
import type { ScopeChallengeResolver } from './scope-challenge.js';
import { httpSettingsFrom, type StreamableHTTPServerTransportOptions } from './options.js';

/**
 * The server side of Streamable HTTP, with a back-channel: a drop-in for the class of the same name in the SDK. Each
 * message that the server starts by itself leaves on a stream that is alive and, if it can be known, on the stream of the
 * request that caused it.
 *
 * It works straight on `node:http`, knows its own streams, and costs a fraction of what the SDK's transport costs. It
 * also works with the compatibility API of `node:http2`, and within Express and Fastify.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class StreamableHTTPServerTransport extends TransportWithBackchannel {
  readonly #bare: BareTransport;

  /**
   * @throws RangeError `maxRequestBodySize` is not a positive number
   * @throws BackchannelError `INVALID_OPTION`, naming the option and its value
   */
  constructor(options: StreamableHTTPServerTransportOptions = {}) {
    const bare = new BareTransport(httpSettingsFrom(options));
    super(bare, settingsFrom(options.backchannel));
    this.#bare = bare;
    inside.set(this, bare);
  }

  /** The session's id, from `initialize` on. `undefined` if the transport is stateless. */
  get sessionId(): string | undefined {
    return this.#bare.sessionId;
  }

  /** Bytes that wait because the client does not read, on all its connections. `maxBufferedBytes` limits them. */
  get bufferedBytes(): number {
    return this.#bare.streams.bufferedBytes;
  }

  /**
   * Handles one HTTP request of the client.
   *
   * @param request its `auth` is handed to the server as `authInfo`
   * @param parsedBody the body, if a middleware has parsed it
   * @param pending lets the caller hold the answer back, and replace it before it has begun
   * @returns a promise that settles when the response is complete, or the connection has ended
   */
  handleRequest(
    request: IncomingMessage,
    response: ServerResponse,
    parsedBody?: unknown,
    pending?: PendingAnswer,
  ): Promise<void> {
    return this.#bare.handleRequest(request, response, parsedBody, pending);
  }

  /** Closes the stream of a request, so that the client comes back for the answer. Needs an event store. */
  closeSSEStream(requestId: RequestId): void {
    this.#bare.closeSSEStream(requestId);
  }

  /** Closes the standalone stream, so that the client opens it again. */
  closeStandaloneSSEStream(): void {
    this.#bare.closeStandaloneSSEStream();
  }

  /** The protocol version that was negotiated. It is served, whether the package knows it or not. */
  setProtocolVersion(version: string): void {
    this.#bare.protocolVersion = version;
  }

  /** For SDK 2.x: `resolver` says whether a token may do what is requested. If not, the request gets 403. */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.#bare.scopeChallengeResolver = resolver;
  }

  /** The protocol versions that are served, for SDK 2.x. */
  setSupportedProtocolVersions(versions: readonly string[]): void {
    this.#bare.versions = versions;
  }
}

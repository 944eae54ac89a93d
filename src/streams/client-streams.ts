import type { InFlight } from '../routing/ledger.js';
import type { Connection } from './connection.js';
import type { OpenStreams } from './open-streams.js';
import type { OrderedStream } from './ordered-stream.js';
import type { PostedAnswers } from './posted-answers.js';

/** Which streams the client holds. The watcher finds it out for foreign transports; our own transport knows. */
export interface ClientStreams {
  /** `undefined`: nothing is known of them. */
  readonly openStreams: OpenStreams | undefined;
  /** Messages for the standalone stream are stored while the client is away from it and can resume it. */
  readonly storesWhileAway: boolean;
  /** The connection of the message that is being handed over. */
  readonly arriving: Connection | undefined;
  /** A request has come in on a connection. */
  arrived(connection: Connection, request: InFlight): void;
  /**
   * If the client is just coming back to this stream, the promise resolves when it is back, or when it is certain that it
   * will not be.
   */
  resumption(stream: OrderedStream): Promise<void> | undefined;
  /** The connection by which the client has resumed the stream of this one. */
  resumedBy(connection: Connection): Pick<Connection, 'isFinished'> | undefined;
  close(): void;
}

/** The streams of a transport that knows them. */
export interface OwnStreams extends ClientStreams {
  listener: StreamListener | undefined;
}

/** Hears what becomes of the client's streams. */
export interface StreamListener {
  /** A stream has opened, by which parked messages may leave. */
  streamOpened(): void;
  /** The stream of a request is gone and cannot be resumed. */
  requestLost(request: InFlight): void;
  /** A connection has opened or ended. */
  connectionsChanged(): void;
  /** The client may post answers to server requests: there are some. */
  readonly expectsAnswers: boolean;
  /** A POST was refused: its messages do not come in. */
  refused(posted: PostedAnswers): void;
}

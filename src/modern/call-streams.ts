import { BriefMap } from '../routing/brief-map.js';
import type { InFlight } from '../routing/ledger.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { OwnStreams, StreamListener } from '../streams/client-streams.js';
import { Connection } from '../streams/connection.js';
import type { OpenStreams } from '../streams/open-streams.js';

/** A request that the backend gets as one of the legacy era. */
export interface LegacyCall {
  /** The backend may send server requests on its behalf. */
  readonly mayAsk: boolean;
  /** @param text what the message was read from, if that is known */
  received(message: JsonRpcMessage, text: string | undefined): void;
}

/** The stream of one call. It is there while the call is suspended, too. */
class CallStream extends Connection {
  /** `undefined` once it is over: the newest streams are remembered for a while, but their calls would take much memory. */
  call: LegacyCall | undefined;

  constructor(call: LegacyCall) {
    super();
    this.call = call;
  }
}

/** The streams of a client that has one for each of its calls, and no other. The back-channel asks for them. */
export class CallStreams implements OwnStreams, OpenStreams {
  listener: StreamListener | undefined;
  arriving: CallStream | undefined;
  readonly standalone = undefined;
  readonly standaloneIsResumable = false;
  readonly responseMode = 'sse';
  readonly storesWhileAway = false;
  readonly #streams = new BriefMap<RequestId, CallStream>();

  get openStreams(): OpenStreams {
    return this;
  }

  get connections(): number {
    return this.#streams.size;
  }

  // ---- for the transport ----

  /** Whether there is a call on whose behalf the backend may ask. */
  get mayAsk(): boolean {
    for (const { call } of this.#streams.values()) if (call?.mayAsk === true) return true;
    return false;
  }

  of(id: RequestId): LegacyCall | undefined {
    return this.#streams.get(id)?.call;
  }

  /** @param handOver hands the request of the call to the session */
  begin(id: RequestId, call: LegacyCall, handOver: () => void): void {
    const stream = new CallStream(call);
    this.#streams.set(id, stream);
    this.listener?.connectionsChanged();
    this.arriving = stream;
    try {
      handOver();
    } finally {
      this.arriving = undefined;
    }
  }

  end(id: RequestId): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    stream.isFinished = true;
    stream.call = undefined;
    for (const request of stream.requests) this.listener?.requestLost(request);
    this.listener?.connectionsChanged();
  }

  /** @returns the calls whose streams were open */
  endAll(): readonly (readonly [RequestId, LegacyCall])[] {
    const open = [...this.#streams].flatMap(([id, { call }]) => (call === undefined ? [] : [[id, call] as const]));
    for (const [id] of open) this.end(id);
    return open;
  }

  // ---- what the back-channel asks ----

  arrived(stream: Connection, request: InFlight): void {
    stream.requests.push(request);
    // A server request must not end up with a call that cannot pass it on, though it be the only one.
    request.isStreaming = stream instanceof CallStream && stream.call?.mayAsk === true;
  }

  resumption(): undefined {
    return undefined;
  }

  resumedBy(): undefined {
    return undefined;
  }

  close(): void {
    this.listener = undefined;
  }
}

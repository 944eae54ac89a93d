/** A transport under test, bare or wrapped, with its client. Messages are sent and noted by hand: no SDK `Server`. */
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { LATEST_PROTOCOL_VERSION, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { instrument } from 'mcp-backchannel/telemetry';
import { withBackchannel, type Backchannel, type BackchannelOptions } from 'mcp-backchannel';
import { StrictClient, type Arrival, type Message } from '../../../examples/lib/strict-client.js';
import { Journal } from '../../support/journal.js';
import { KINDS, type Kind, type Wire } from './kinds.js';

export type { Arrival, Message };
export type Id = string | number;

export interface RigOptions {
  readonly backchannel?: BackchannelOptions;
  readonly eventStore?: EventStore;
  /** Called before anything else with each message from the client, on its behalf. */
  readonly onmessage?: (message: Message, extra: unknown) => void;
}

/** A `send()` that reached the SDK's transport. */
export interface Sent {
  readonly message: Message;
  readonly options: { readonly relatedRequestId?: Id | undefined } | undefined;
  /** It names a request that was not in flight then. */
  readonly dead: boolean;
}

/** One side of the contract suite: the bare transport, the wrapped one, or the wrapped one with telemetry. */
export interface Side {
  readonly title: string;
  readonly kind: Kind;
  readonly wrapped: boolean;
  /** On both sides of the wrapper, without an SDK of OpenTelemetry. */
  readonly instrumented: boolean;
}

/** The bare and the wrapped transport of every kind: `describe.each(SIDES)`. */
export const SIDES: readonly Side[] = KINDS.flatMap((kind) => {
  const wrapped = { title: `${kind.name}, wrapped`, kind, wrapped: true, instrumented: false };
  if (kind.isOurs === true) return [wrapped];
  const bare = { ...wrapped, title: `${kind.name}, bare`, wrapped: false };
  return [bare, wrapped, { ...wrapped, title: `${kind.name}, wrapped and instrumented`, instrumented: true }];
});

// Old versions, with which the tests run too, refuse requests that name a version newer than they know.
const INITIALIZED = {
  protocolVersion: LATEST_PROTOCOL_VERSION,
  capabilities: {},
  serverInfo: { name: 'rig', version: '1' },
};

export class Rig {
  /** What the SDK's transport was given to send, since the session was initialised. */
  readonly sent: Sent[] = [];
  /** What the server's side received. */
  readonly received = new Journal<{ readonly message: Message; readonly extra: unknown }>();
  readonly errors: Error[] = [];
  closed = 0;
  readonly #inFlight = new Set<Id>();
  readonly #piped = new Journal<Arrival>();
  /** Arrivals before the session was initialised. */
  #ignored = 0;
  #strict: StrictClient | undefined;
  onmessage: RigOptions['onmessage'];

  private constructor(
    readonly side: Side,
    private readonly wire: Wire,
    options: RigOptions,
  ) {
    this.onmessage = options.onmessage;
    this.#spy();
  }

  static async open(side: Side, options: RigOptions = {}): Promise<Rig> {
    const { eventStore, backchannel } = options;
    const wrap = (bare: Transport): Transport => {
      if (side.instrumented) return instrument(withBackchannel(instrument(bare), backchannel));
      return side.wrapped ? withBackchannel(bare, backchannel) : bare;
    };
    const wire = await side.kind.open({ wrap, ...(eventStore && { eventStore }), ...(backchannel && { backchannel }) });
    const rig = new Rig(side, wire, options);
    await rig.#connect();
    return rig;
  }

  get transport(): Transport {
    return this.wire.transport;
  }

  /** The SDK's transport: the same object as `transport`, if that is bare. */
  get inner(): Transport {
    return this.wire.inner;
  }

  get backchannel(): Backchannel {
    return (this.transport as Transport & { readonly backchannel: Backchannel }).backchannel;
  }

  // ---- the client's side ----

  /** Sends from the client, and waits until the server's side has it. A request is in flight then. */
  async fromClient(message: Message): Promise<void> {
    const arrived = this.received.first(() => true, this.received.all.length);
    await Promise.race([arrived, this.post(message).then(async () => arrived)]);
  }

  async request(id: Id, method = 'tools/call', params: object = {}): Promise<void> {
    await this.fromClient({ jsonrpc: '2.0', id, method, params });
  }

  /** Sends from the client, and waits until the transport has taken it. */
  async post(message: Message): Promise<void> {
    if (this.#strict === undefined) await this.wire.peer.send(message as JSONRPCMessage);
    else await this.#strict.post(message);
  }

  /** The client, where it speaks Streamable HTTP. */
  get strict(): StrictClient {
    if (this.#strict === undefined) throw new Error(`${this.side.title} has no strict client`);
    return this.#strict;
  }

  /** What the client's side has received. */
  get arrived(): readonly Arrival[] {
    const all = this.#strict?.arrivals ?? this.#piped.all;
    // An event store's priming events carry no message.
    return all.slice(this.#ignored).filter(({ message }) => message.jsonrpc !== undefined);
  }

  /** The first server-initiated message of this id, or, for notifications, of this `data`. */
  async arrival(tag: Id): Promise<Arrival> {
    return this.#first(({ message }) => message.method !== undefined && tagOf(message) === tag);
  }

  /** The answer to a request, once it has come. */
  async answer(id: Id): Promise<Arrival> {
    return this.#first(({ message }) => message.method === undefined && message.id === id);
  }

  async #first(fits: (arrival: Arrival) => boolean): Promise<Arrival> {
    return this.#strict?.next(fits, this.#ignored) ?? this.#piped.first(fits, this.#ignored);
  }

  /** What came, short: the tags of server-initiated messages, and `=id` for answers. */
  get came(): string[] {
    return this.arrived.map(({ message }) =>
      message.method === undefined ? `=${String(message.id)}` : String(tagOf(message)),
    );
  }

  // ---- the server's side ----

  async send(message: Message, options?: object): Promise<void> {
    return this.transport.send(message as JSONRPCMessage, options);
  }

  async elicit(id: Id, options?: object): Promise<void> {
    return this.send(elicitation(id), options);
  }

  async log(tag: string, options?: object): Promise<void> {
    return this.send(
      { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: tag } },
      options,
    );
  }

  async respond(id: Id, options?: object): Promise<void> {
    return this.send({ jsonrpc: '2.0', id, result: {} }, options);
  }

  async close(): Promise<void> {
    this.#strict?.vanish();
    await this.wire.peer.close();
    await this.transport.close();
    await this.wire.close();
  }

  async #connect(): Promise<void> {
    const { transport, peer, url } = this.wire;
    transport.onmessage = (message, extra) => {
      this.#receive(message as Message, extra);
    };
    transport.onclose = () => this.closed++;
    transport.onerror = (error) => this.errors.push(error);
    await transport.start();
    if (url === undefined) {
      peer.onmessage = (message) => {
        this.#piped.note({ message: message as Message, stream: 'pipe', eventId: undefined });
      };
      await peer.start();
      await this.post({ jsonrpc: '2.0', id: 'initialize', method: 'initialize', params: {} });
      await this.answer('initialize');
    } else {
      this.#strict = new StrictClient(url, { firstId: 1_000_000 });
      await this.#strict.initialize();
    }
    this.#ignored = this.#strict?.arrivals.length ?? this.#piped.all.length;
    this.received.all.length = 0;
    this.sent.length = 0;
  }

  #receive(message: Message, extra: unknown): void {
    const { id, method } = message;
    if (method !== undefined && id !== undefined && id !== null) this.#inFlight.add(id);
    if (method === 'initialize') void this.send({ jsonrpc: '2.0', id: id ?? '', result: INITIALIZED });
    try {
      this.onmessage?.(message, extra);
    } finally {
      this.received.note({ message, extra });
    }
  }

  /** Notes what reaches the SDK's transport; it does its work all the same. */
  #spy(): void {
    const { inner } = this.wire;
    const send = inner.send.bind(inner);
    inner.send = async (message, options) => {
      const { id, method } = message as Message;
      const related = options?.relatedRequestId;
      const dead = method !== undefined && related !== undefined && !this.#inFlight.has(related);
      if (method === undefined && id !== undefined && id !== null) this.#inFlight.delete(id);
      this.sent.push({ message: message as Message, options, dead });
      return send(message, options);
    };
  }
}

/** The id of a request, the `data` of a notification. */
function tagOf({ id, params }: Message): unknown {
  return id ?? (params as { data?: unknown } | undefined)?.data;
}

export function elicitation(id: Id): Message {
  const requestedSchema = { type: 'object', properties: {} };
  return { jsonrpc: '2.0', id, method: 'elicitation/create', params: { message: String(id), requestedSchema } };
}

/** Rigs that one test opened; each is closed after it. */
export class Rigs {
  readonly #open: Rig[] = [];

  async open(side: Side, options?: RigOptions): Promise<Rig> {
    const rig = await Rig.open(side, options);
    this.#open.push(rig);
    return rig;
  }

  async close(): Promise<void> {
    for (const rig of this.#open.splice(0)) await rig.close();
  }
}

import { AsyncResource } from 'node:async_hooks';
import { addingHeaders } from '../../added-headers.js';
import { after, now } from '../../clock.js';
import { endsWithin } from '../../ends-within.js';
import { isRecord, type JsonRpcMessage } from '../../routing/message.js';
import { Resumption } from '../http/resumption.js';
import type { Fields } from './envelope.js';
import type { ExchangeListener } from './exchange.js';
import { Subscription, type Filter, type OpenExchange, type SubscriptionEnd } from './subscription.js';

/** How long a subscription may take to be acknowledged before we go on without waiting for it. */
const OPENING_TIMEOUT_MS = 2_000;

/** What was written on the old stream before the new one began may still be on its way. */
const OVERLAP_MS = 250;

/** A stream that lasted this long was no failed attempt. */
const LASTING_MS = 10_000;

const UPDATED = 'notifications/resources/updated';

/** The lists that may change, by the capability that announces it. */
const LISTS = [
  ['tools', 'toolsListChanged'],
  ['prompts', 'promptsListChanged'],
  ['resources', 'resourcesListChanged'],
] as const;

/**
 * Tells the client of changes. A server without sessions tells them only on a stream that names all that the client wants
 * to be told of. If that changes, another stream takes its place.
 */
export class ListenStream {
  /** What the client wants to be told of. */
  readonly #uris = new Set<string>();
  #lists: readonly (typeof LISTS)[number][] = [];
  #current: Subscription | undefined;
  readonly #open = new Set<Subscription>();
  /** The change that is under way, and the one that waits for it. */
  #changing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isOffered = true;
  #isClosed = false;
  /** Changes may have gone unseen. */
  #hasMissed = false;
  #since = now();
  /** The last reported reason for which the stream was not open. */
  #told: string | undefined;
  readonly #resumption = new Resumption();
  /** Messages must not get the async context of the request that subscribed to them. */
  readonly #tell: (message: JsonRpcMessage) => void;

  constructor(
    private readonly openExchange: OpenExchange,
    private readonly listener: ExchangeListener,
  ) {
    this.#tell = AsyncResource.bind((message: JsonRpcMessage) => {
      if (!this.#isClosed) listener.message(message);
    });
  }

  /** Begins to listen for the changes that the server announces. Resolves when the server tells of them. */
  open(capabilities: Fields): Promise<void> {
    this.#lists = LISTS.filter(([name]) => {
      const capability = capabilities[name];
      return isRecord(capability) && capability['listChanged'] === true;
    });
    return this.#change();
  }

  /** Resolves when the server tells of changes of this resource, too. */
  subscribe(uri: string): Promise<void> {
    if (this.#uris.has(uri)) return Promise.resolve(this.#next ?? this.#changing);
    this.#uris.add(uri);
    return this.#change();
  }

  unsubscribe(uri: string): Promise<void> {
    return this.#uris.delete(uri) ? this.#change() : Promise.resolve();
  }

  /** Tries at once what was due later. */
  retry(): void {
    this.#resumption.wake();
  }

  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#open) subscription.close();
    this.#resumption.wake();
  }

  /** One change of the stream follows the other. All that is asked for meanwhile is in the next one. */
  #change(): Promise<void> {
    this.#next ??= (this.#changing ?? Promise.resolve()).then(async () => {
      this.#changing = this.#next;
      this.#next = undefined;
      // It lasts longer than the message that leads to it, and is no part of that one's trace.
      await addingHeaders({}, async () => this.#replace());
    });
    return this.#next;
  }

  async #replace(): Promise<void> {
    const filter = this.#filter();
    const old = [...this.#open];
    if (filter === undefined || this.#isClosed || !this.#isOffered) {
      this.#current = undefined;
      for (const subscription of old) subscription.close();
      return;
    }
    const next = new Subscription((listener) => this.openExchange(listener), filter, {
      message: (message) => {
        this.#received(message);
      },
      error: (error) => {
        this.listener.error(error);
      },
    });
    this.#current = next;
    this.#open.add(next);
    void next.ended.then((end) => this.#over(next, end));
    const acknowledged = next.acknowledged.then((isSo) => {
      if (isSo) this.#begun(old);
    });
    await endsWithin(OPENING_TIMEOUT_MS, acknowledged);
  }

  #filter(): Filter | undefined {
    const uris = [...this.#uris];
    if (this.#lists.length + uris.length === 0) return undefined;
    const lists = Object.fromEntries(this.#lists.map(([, name]) => [name, true]));
    return { ...lists, ...(uris.length > 0 && { resourceSubscriptions: uris }) };
  }

  #begun(old: readonly Subscription[]): void {
    this.#since = now();
    this.#told = undefined;
    after(OVERLAP_MS, () => {
      for (const subscription of old) subscription.close();
    });
    if (!this.#hasMissed) return;
    this.#hasMissed = false;
    for (const [name] of this.#lists) this.#tell(news(`notifications/${name}/list_changed`));
    for (const uri of this.#uris) this.#tell(news(UPDATED, { uri }));
  }

  async #over(subscription: Subscription, { reason, isFinal }: SubscriptionEnd): Promise<void> {
    this.#open.delete(subscription);
    if (this.#isClosed || subscription !== this.#current) return;
    this.#current = undefined;
    if (isFinal) this.#isOffered = false;
    if (this.#told !== reason) this.listener.error(new Error(`the backend does not tell of changes: ${reason}`));
    this.#told = reason;
    if (isFinal) return;
    this.#hasMissed = true;
    this.#resumption.attempts = now() - this.#since > LASTING_MS ? 0 : this.#resumption.attempts + 1;
    await this.#resumption.pause();
    if (!this.#isOpen) await this.#change();
  }

  /** One may have been opened for a new resource meanwhile. */
  get #isOpen(): boolean {
    return this.#current !== undefined;
  }

  #received(message: JsonRpcMessage): void {
    const uri = message.method === UPDATED && isRecord(message.params) ? message.params['uri'] : undefined;
    // Until the old stream is closed, it tells of resources that nobody wants to be told of any more.
    if (typeof uri === 'string' && !this.#wants(uri)) return;
    this.#tell(message);
  }

  #wants(uri: string): boolean {
    return [...this.#uris].some((wanted) => isWithin(uri, wanted));
  }
}

/** Whether this is the resource, or a part of it: a server may tell of either. */
export function isWithin(uri: string, wanted: string): boolean {
  if (!uri.startsWith(wanted)) return false;
  return uri.length === wanted.length || wanted.endsWith('/') || '/#?'.includes(uri.charAt(wanted.length));
}

function news(method: string, params?: Fields): JsonRpcMessage {
  return { jsonrpc: '2.0', method, ...(params && { params }) };
}

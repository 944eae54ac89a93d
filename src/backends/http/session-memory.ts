import { isRequest, type JsonRpcMessage, type RequestMessage } from '../../routing/message.js';

/** The lists that can change, by the names that capabilities use. */
const LISTS = ['tools', 'prompts', 'resources'] as const;

interface InitializeResult {
  readonly capabilities?: Readonly<
    Partial<Record<(typeof LISTS)[number], { readonly listChanged?: unknown } | undefined>>
  >;
}

/** Remembers the client's requests that set up a session, so that they can be repeated in a new one. */
export class SessionMemory {
  #initialize: RequestMessage | undefined;
  #isInitialized = false;
  #setLevel: RequestMessage | undefined;
  readonly #subscriptions = new Map<unknown, RequestMessage>();
  #lists: readonly string[] = [];

  /** The request that begins a session. Nothing until the client has fully initialized the first session. */
  get initialize(): RequestMessage | undefined {
    return this.#isInitialized ? this.#initialize : undefined;
  }

  /** The requests that follow, in order. */
  get requests(): readonly RequestMessage[] {
    return [...(this.#setLevel === undefined ? [] : [this.#setLevel]), ...this.#subscriptions.values()];
  }

  /** Notifications that the client's lists may be outdated: one for each list whose changes the server announces. */
  get news(): readonly JsonRpcMessage[] {
    return this.#lists.map((list) => ({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` }));
  }

  /** The server has accepted this message. */
  told({ method }: JsonRpcMessage): void {
    if (method === 'notifications/initialized') this.#isInitialized = true;
  }

  /** The server has answered this request. */
  answered(request: JsonRpcMessage, { result, error }: JsonRpcMessage): void {
    if (!isRequest(request) || error !== undefined) return;
    const { uri } = Object(request.params) as { uri?: unknown };
    switch (request.method) {
      case 'initialize':
        this.#initialize = request;
        this.#lists = listsIn(result as InitializeResult);
        break;
      case 'logging/setLevel':
        this.#setLevel = request;
        break;
      case 'resources/subscribe':
        this.#subscriptions.set(uri, request);
        break;
      case 'resources/unsubscribe':
        this.#subscriptions.delete(uri);
    }
  }
}

function listsIn({ capabilities }: InitializeResult): readonly string[] {
  return LISTS.filter((list) => capabilities?.[list]?.listChanged === true);
}

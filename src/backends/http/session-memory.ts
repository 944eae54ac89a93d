import { isRequest, type JsonRpcMessage, type RequestMessage } from '../../routing/message.js';

/** What can change in a list, as capabilities name it. */
const LISTS = ['tools', 'prompts', 'resources'] as const;

interface InitializeResult {
  readonly capabilities?: Readonly<
    Partial<Record<(typeof LISTS)[number], { readonly listChanged?: unknown } | undefined>>
  >;
}

/** What a client has said that a server keeps for its session: a new session is told it again. */
export class SessionMemory {
  #initialize: RequestMessage | undefined;
  #isInitialized = false;
  #setLevel: RequestMessage | undefined;
  readonly #subscriptions = new Map<unknown, RequestMessage>();
  #lists: readonly string[] = [];

  /** What begins a session. Nothing, while the first one has not wholly begun. */
  get initialize(): RequestMessage | undefined {
    return this.#isInitialized ? this.#initialize : undefined;
  }

  /** What follows, in this order. */
  get requests(): readonly RequestMessage[] {
    return [...(this.#setLevel === undefined ? [] : [this.#setLevel]), ...this.#subscriptions.values()];
  }

  /** Tells that what the client knows of the server may have changed: once of each kind that the server has announced. */
  get news(): readonly JsonRpcMessage[] {
    return this.#lists.map((list) => ({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` }));
  }

  /** The server has taken this notification. */
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

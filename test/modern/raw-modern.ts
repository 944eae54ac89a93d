/** POSTs of the modern era by hand, for what SDK clients do not do. */

export interface RawOptions {
  readonly token?: string;
  readonly capabilities?: object;
  readonly meta?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly id?: string | number;
  readonly signal?: AbortSignal;
  /** @default `fetch` */
  readonly ask?: (request: Request) => Promise<Response>;
  /** Changes the body into what JavaScript would not write. */
  readonly rewrite?: (body: string) => string;
}

export interface RawAnswer {
  readonly status: number;
  /** All messages, the last one last. */
  readonly messages: readonly RawMessage[];
  /** The last message. */
  readonly last: RawMessage;
}

export interface RawMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

let ids = 0;

/** Posts a request without waiting for its end. */
export async function openPost(url: string, method: string, params: object, options: RawOptions): Promise<Response> {
  const { signal, ask = fetch } = options;
  return ask(new Request(url, { ...initOf(method, params, options), ...(signal && { signal }) }));
}

/** A request as `fetch()` takes it. */
export function initOf(method: string, params: object, options: RawOptions = {}): RequestInit {
  const { token, capabilities = { elicitation: {} }, meta = {}, headers = {}, id = `raw-${++ids}` } = options;
  const { rewrite = String } = options;
  const { name, uri, _meta } = params as { readonly name?: string; readonly uri?: string; readonly _meta?: object };
  const named = name ?? uri;
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(named !== undefined && { 'mcp-name': named }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: rewrite(
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        method,
        params: {
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': capabilities,
            ..._meta,
            ...meta,
          },
        },
      }),
    ),
  };
}

export async function post(url: string, method: string, params: object, options: RawOptions = {}): Promise<RawAnswer> {
  const response = await openPost(url, method, params, options);
  const text = await response.text();
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const texts = isStream ? [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data) : [text];
  const messages = texts.map((each) => JSON.parse(each) as RawMessage);
  return { status: response.status, messages, last: messages.at(-1) ?? {} };
}

/** What a call that was suspended is waiting for. */
export function suspensionIn({ last }: RawAnswer): {
  readonly requestState: string;
  readonly inputRequests: Record<string, { readonly method: string; readonly params: Record<string, unknown> }>;
} {
  if (last.result?.['resultType'] !== 'input_required') throw new Error(`not suspended: ${JSON.stringify(last)}`);
  return last.result as never;
}

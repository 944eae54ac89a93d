import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { within } from '../proxy/within.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { isReadable } from './answer-reader.js';
import { HttpCall, type CallListener } from './http-call.js';
import { Wire } from './wire.js';

/** Of the text of a refusal, no more is read, and not for longer. */
const MAX_REFUSAL_LENGTH = 4_096;
const REFUSAL_TIMEOUT_MS = 2_000;

/** As `fetch` says it: some servers let nobody in who says nothing. */
const USER_AGENT = 'node';

/**
 * Reaches a server over Streamable HTTP. It is the SDK's transport, but for the answers to requests, which are read here:
 * the SDK leaves whoever waits for one that broke off to their own timeout.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #wire = new Wire();
  readonly #calls = new Set<HttpCall>();
  readonly #listener: CallListener = {
    message: (message) => this.onmessage?.(message as never),
    error: (error) => this.onerror?.(error),
  };

  constructor(url: URL, headers: Readonly<Record<string, string>> = {}) {
    super(url, { requestInit: { headers }, fetch: async (...args) => this.#fetch(...args) });
  }

  /** Breaks off what is under way. */
  override async close(): Promise<void> {
    for (const call of this.#calls) call.cancel();
    this.#wire.close();
    await super.close();
  }

  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const id = requestIdIn(init);
    return id === undefined ? fetch(url, init) : this.#post(id, new URL(url), init);
  }

  /** @returns what the SDK has to know: the session, a refusal, or where to go instead */
  async #post(id: RequestId, url: URL, { headers, body }: RequestInit): Promise<Response> {
    const sent = {
      'user-agent': USER_AGENT,
      ...Object.fromEntries(new Headers(headers)),
      'accept-encoding': 'identity',
    };
    const answer = await this.#wire.exchange(url, 'POST', sent, body as string);
    if (!isOk(answer) || !isReadable(answer)) return withoutAnswer(answer);
    const session = sessionIn(answer);
    const call = new HttpCall(id, this.#wire, url, { ...sent, ...session }, this.#listener);
    this.#calls.add(call);
    void call.follow(answer).finally(() => this.#calls.delete(call));
    return new Response(null, { status: 202, headers: session });
  }
}

/** The id of the request that is posted, if it is one. */
function requestIdIn({ method, body }: RequestInit): RequestId | undefined {
  if (method !== 'POST' || typeof body !== 'string') return undefined;
  const message = JSON.parse(body) as JsonRpcMessage;
  return isRequest(message) ? message.id : undefined;
}

function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300 && statusCode !== 202;
}

function sessionIn({ headers }: IncomingMessage): Record<string, string> {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' ? { 'mcp-session-id': id } : {};
}

async function withoutAnswer(answer: IncomingMessage): Promise<Response> {
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length >= MAX_REFUSAL_LENGTH) answer.destroy();
  });
  await within(REFUSAL_TIMEOUT_MS, new Promise<void>((resolve) => finished(answer, () => resolve())));
  answer.destroy();
  const headers = Object.entries(answer.headersDistinct).map(([name, values = []]): [string, string] => [
    name,
    values.join(', '),
  ]);
  return new Response(text === '' ? null : text.slice(0, MAX_REFUSAL_LENGTH), {
    status: answer.statusCode ?? 500,
    headers,
  });
}

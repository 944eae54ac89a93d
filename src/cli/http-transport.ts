import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { asError } from '../errors.js';
import { TAKEN_BACK_GRACE_MS } from '../proxy/calls.js';
import { within } from '../proxy/within.js';
import { cancelledIdOf, isNotification, isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { HttpCall, type CallListener } from './http-call.js';
import { isReadable, isRedirect, refusalIn, valueOf } from './http-head.js';
import { Wire } from './wire.js';

/** Some servers let nobody in who does not say what asks. What is compressed is not read. */
const HEADERS = { 'user-agent': 'node', 'accept-encoding': 'identity' };
const POST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const ACCEPTED = 202;

/** Some servers say nothing on the standalone stream, not even that it is open, until there is something to say. */
const OPENING_TIMEOUT_MS = 500;

/**
 * Reaches a server over Streamable HTTP. It is the SDK's transport, but for requests: the SDK leaves whoever waits for
 * an answer that broke off to their own timeout, and reads each answer through four streams.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #wire = new Wire();
  readonly #calls = new Set<HttpCall>();
  readonly #listener: CallListener = {
    message: (message) => this.onmessage?.(message as never),
    error: (error) => this.onerror?.(error),
  };
  /** Where requests are taken: elsewhere, if the server has redirected one. */
  #url: URL;
  #opening: Promise<unknown> | undefined;

  constructor(
    url: URL,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(url, { requestInit: { headers }, fetch: async (...args) => this.#fetch(...args) });
    this.#url = url;
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[]): Promise<void> {
    // From the answer to `initialize` the SDK learns the session.
    const isOurs = !Array.isArray(message) && isRequest(message) && message.method !== 'initialize';
    if (isOurs && (await this.#request(message.id, JSON.stringify(message)))) return;
    await super.send(message);
    if (Array.isArray(message) || !isNotification(message)) return;
    if (message.method === 'notifications/cancelled') this.#takenBack(cancelledIdOf(message));
    if (message.method === 'notifications/initialized') await this.#opened();
  }

  /** Breaks off what is under way. */
  override async close(): Promise<void> {
    for (const call of this.#calls) call.cancel();
    this.#wire.close();
    await super.close();
  }

  /** What a server asks before the standalone stream is open, it asks nobody: no request may overtake that. */
  async #opened(): Promise<void> {
    // The SDK opens it now.
    await new Promise(setImmediate);
    if (this.#opening !== undefined) await within(OPENING_TIMEOUT_MS, this.#opening);
  }

  #takenBack(id: RequestId | undefined): void {
    for (const call of this.#calls) if (call.id === id) call.cancel(TAKEN_BACK_GRACE_MS);
  }

  /** @returns whether it was taken; otherwise the SDK knows where to go */
  async #request(id: RequestId, body: string): Promise<boolean> {
    const { sessionId, protocolVersion } = this;
    const headers = {
      ...HEADERS,
      ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
      ...(protocolVersion !== undefined && { 'mcp-protocol-version': protocolVersion }),
      ...this.headers,
      ...POST_HEADERS,
    };
    try {
      const { status } = await this.#post(id, this.#url, headers, body);
      return status === ACCEPTED;
    } catch (error) {
      this.onerror?.(asError(error));
      throw error;
    }
  }

  /** What the SDK sends. The answers to requests are not for it to read. */
  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const id = requestIdIn(init);
    if (id === undefined) {
      const answer = fetch(url, init);
      if (init.method === 'GET') this.#opening = answer;
      return answer;
    }
    this.#url = new URL(url);
    const headers = { ...HEADERS, ...Object.fromEntries(new Headers(init.headers)) };
    return this.#post(id, this.#url, headers, init.body as string);
  }

  /** Sends a request, whose answer is read from then on. @returns what else the SDK has to know */
  async #post(id: RequestId, url: URL, headers: OutgoingHttpHeaders, body: string): Promise<Response> {
    const call = new HttpCall(id, this.#wire, url, this.#listener);
    this.#calls.add(call);
    const over = (): boolean => this.#calls.delete(call);
    let answer: IncomingMessage;
    try {
      answer = await call.post(headers, body);
    } catch (error) {
      over();
      if (!call.isOver) throw error;
      return new Response(null, { status: ACCEPTED });
    }
    if (isReadable(answer)) {
      const session = valueOf(answer, 'mcp-session-id');
      void call.follow(answer, { ...headers, ...session }).finally(over);
      return new Response(null, { status: ACCEPTED, headers: session });
    }
    over();
    const { statusCode: status = 0 } = answer;
    if (status !== ACCEPTED && !isRedirect(answer)) throw await refusalIn(answer);
    answer.resume();
    // Whoever only accepts a request answers it elsewhere.
    return new Response(null, { status, headers: valueOf(answer, 'location') });
  }
}

/** The id of the request that is posted, if it is one. */
function requestIdIn({ method, body }: RequestInit): RequestId | undefined {
  if (method !== 'POST' || typeof body !== 'string') return undefined;
  const message = JSON.parse(body) as JsonRpcMessage;
  return isRequest(message) ? message.id : undefined;
}

/** One session of a wrapped transport over real HTTP, its hostile client and its hostile server. */
import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { expect } from 'vitest';
import { withBackchannel, type BackchannelOptions } from '../../src/index.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import type { SendOptions } from '../../src/transport-like.js';
import { MemoryEventStore } from '../support/event-store.js';
import { INITIALIZE_MESSAGE, RawConnection, rawPost } from '../support/raw-http.js';
import type { HttpTransport } from '../support/transports.js';
import { make, makeMessage } from './hostile.js';
import { bytesOf, BODIES } from './requests.js';
import { textOf, type Reaction, type TrafficStep } from './traffic.js';

/** The HTTP server, which hands every request to the session there is. */
export interface Stage {
  readonly kind: HttpTransport;
  readonly url: string;
  handle: (...args: Parameters<StreamableHTTPServerTransport['handleRequest']>) => void;
  readonly nextRequest: () => Promise<void>;
  /** How often each has become of a message. */
  readonly outcomes: Map<string, number>;
}

type Outcome = 'pending' | 'resolved' | 'rejected';

/** One session, from its initialization to its end. */
export class Session {
  readonly #transport;
  readonly #connections: RawConnection[] = [];
  readonly #sends: { readonly what: string; outcome: Outcome }[] = [];
  readonly #asked: unknown[] = [];
  /** The ids that came in and are not answered, with the contexts of their handlers. */
  #requests: { readonly id: unknown; readonly handler: AsyncResource }[] = [];
  #reaction: Reaction = 'none';
  /** What `handleRequest` was rejected with. */
  readonly failures: unknown[] = [];

  constructor(
    private readonly stage: Stage,
    json: boolean,
    store: boolean,
    options: BackchannelOptions,
  ) {
    const own = {
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      ...(store && { eventStore: new MemoryEventStore() }),
    };
    const inner = stage.kind.create(own, options);
    this.#transport = withBackchannel(inner, options);
    this.#transport.onerror = () => undefined;
    this.#transport.backchannel.routes$.subscribe(({ outcome }) => {
      stage.outcomes.set(outcome, (stage.outcomes.get(outcome) ?? 0) + 1);
    });
    this.#transport.onmessage = (message) => {
      this.#receive(message);
    };
    stage.handle = (request, response) => {
      this.#transport.handleRequest(request, response).catch((error: unknown) => this.failures.push(error));
    };
  }

  async begin(): Promise<void> {
    await this.#transport.start();
    const connection = await this.#write(rawPost({ url: this.stage.url }, JSON.stringify(INITIALIZE_MESSAGE)), false);
    const [response] = await connection.responses(1);
    expect(response?.status).toBe(200);
  }

  async take(step: TrafficStep): Promise<void> {
    const { url } = this.stage;
    const sessionId = this.#transport.sessionId ?? '';
    switch (step.kind) {
      case 'client posts': {
        this.#reaction = step.reaction;
        const texts = step.texts.map(textOf);
        const body = texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`;
        await this.#write(rawPost({ url, sessionId }, body), step.hastily);
        return;
      }
      case 'client posts junk':
        await this.#write(rawPost({ url, sessionId }, BODIES[step.body].toString('latin1')), step.hastily);
        return;
      case 'client opens GET': {
        const lastEventId = step.resumes === null ? null : String(step.resumes);
        await this.#write(bytesOf({ ...GET, lastEventId }, new URL(url).host, sessionId), step.hastily);
        return;
      }
      case 'client drops':
        await pick(this.#connections, step.which)?.drop();
        return;
      case 'client answers': {
        const id = pick(this.#asked, step.which);
        // Nothing else can be written as JSON.
        if (typeof id !== 'string' && typeof id !== 'number') return;
        await this.#write(
          rawPost({ url, sessionId }, JSON.stringify({ jsonrpc: '2.0', id, result: {} })),
          step.hastily,
        );
        return;
      }
      case 'server sends':
        this.#send(makeMessage(step.message), make(step.related));
        return;
      case 'server asks': {
        const request = step.related === null ? undefined : pick(this.#requests, step.related);
        const ask = (): void => {
          this.#ask(make(step.id), step.within ? undefined : request?.id);
        };
        if (step.within && request !== undefined) request.handler.runInAsyncScope(ask);
        else ask();
        return;
      }
      case 'server answers': {
        const request = pick(this.#requests, step.which);
        if (request !== undefined) this.#answer(request.id);
      }
    }
  }

  /** However it went: closed, nothing is left, and nobody waits. */
  async end(): Promise<void> {
    await this.#transport.close();
    for (const connection of this.#connections) await connection.drop();
    await setImmediate();
    expect(this.#transport.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
    expect(this.#sends.filter(({ outcome }) => outcome === 'pending')).toEqual([]);
    expect(this.failures).toEqual([]);
  }

  /** The client writes on a connection of its own. */
  async #write(bytes: string | Buffer, hastily: boolean): Promise<RawConnection> {
    const connection = await RawConnection.open(this.stage.url);
    this.#connections.push(connection);
    const seen = this.stage.nextRequest();
    connection.write(bytes);
    if (hastily) return connection;
    await seen;
    // Its body is read, and what it says comes in.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    return connection;
  }

  #receive({ id, method }: JsonRpcMessage): void {
    if (method === undefined || id === undefined) return;
    if (method === 'initialize') {
      this.#answer(id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } });
      return;
    }
    this.#requests.push({ id, handler: new AsyncResource('handler') });
    switch (this.#reaction) {
      case 'none':
        return;
      case 'answers':
        this.#answer(id);
        return;
      case 'asks':
        this.#ask(this.#asked.length, undefined);
        return;
      case 'notifies':
        this.#send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } }, undefined);
        return;
      case 'throws':
        throw new Error('a hostile handler');
    }
  }

  #ask(id: unknown, related: unknown): void {
    this.#asked.push(id);
    this.#send({ jsonrpc: '2.0', id, method: 'elicitation/create', params: {} }, related);
  }

  #answer(id: unknown, result: object = {}): void {
    this.#requests = this.#requests.filter((request) => request.id !== id);
    this.#send({ jsonrpc: '2.0', id, result }, undefined);
  }

  #send(message: unknown, related: unknown): void {
    const send = { what: describe(message), outcome: 'pending' as Outcome };
    this.#sends.push(send);
    const options = related === undefined ? undefined : ({ relatedRequestId: related } as SendOptions);
    const settled = this.#transport.send(message as never, options as never);
    settled.then(
      () => (send.outcome = 'resolved'),
      () => (send.outcome = 'rejected'),
    );
  }
}

const GET = {
  ...({ method: 'GET', path: '/mcp', session: 'own', body: 'none', framing: 'none' } as const),
  ...{ version: null, accept: null, contentType: null, extra: null },
};

function pick<T>(all: readonly T[], at: number): T | undefined {
  return all[all.length - 1 - (at % Math.max(1, all.length))];
}

/** Not the message itself: some throw when they are looked at. */
function describe(message: unknown): string {
  try {
    return String((message as JsonRpcMessage).method);
  } catch {
    return typeof message;
  }
}

/** A look at both ends of a proxy: what it says to its backend, and which connections its clients drop. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Message } from '../../../examples/lib/strict-client.js';
import { deferred } from '../../support/deferred.js';
import { startUpstream, type Upstream, type UpstreamKind } from '../../support/upstreams.js';
import { Journal } from '../../support/journal.js';

/** A backend whose traffic with the proxy is noted. */
export class TappedUpstream implements Upstream {
  readonly toBackend = new Journal<Message>();
  readonly fromBackend = new Journal<Message>();
  #held: Promise<void> | undefined;

  constructor(private readonly upstream: Upstream) {}

  /** Calls wait on their way to the backend until they are let go: it is slow to begin. */
  hold(): { release: () => void } {
    const held = deferred();
    this.#held = held.promise;
    return {
      release: () => {
        this.#held = undefined;
        held.resolve();
      },
    };
  }

  async connect(): Promise<Transport> {
    const transport = await this.upstream.connect();
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      if ('method' in message && message.method === 'tools/call') await this.#held;
      this.toBackend.note(message as Message);
      return send(message, options);
    };
    // Callbacks that are set already are called by the SDK before its own.
    transport.onmessage = (message) => {
      this.fromBackend.note(message as Message);
    };
    return transport;
  }

  async close(): Promise<void> {
    return this.upstream.close();
  }

  /** What the proxy has answered to the backend's questions. */
  get answers(): Message[] {
    return this.toBackend.all.filter(isAnswer);
  }

  async nextAnswer(): Promise<Message> {
    return this.toBackend.next(isAnswer);
  }

  async nextQuestion(): Promise<Message> {
    return this.fromBackend.next(({ method }) => method === 'elicitation/create');
  }
}

function isAnswer({ method }: Message): boolean {
  return method === undefined;
}

export async function tapped(kind: UpstreamKind): Promise<TappedUpstream> {
  return new TappedUpstream(await startUpstream(kind));
}

type Handle = (request: IncomingMessage, response: ServerResponse, body?: unknown) => Promise<void>;

/** The methods of the requests whose connection is dropped from now on, told when the transport knows. */
export function drops(transport: { handleRequest: Handle }): Journal<string> {
  const dropped = new Journal<string>();
  const handleRequest = transport.handleRequest.bind(transport);
  transport.handleRequest = async (request, response, body) => {
    const handled = handleRequest(request, response, body);
    response.once('close', () => {
      if (!response.writableFinished) setImmediate(() => dropped.note(request.method ?? ''));
    });
    return handled;
  };
  return dropped;
}

/** A wrapped HTTP transport without a wire, whose `handleRequest` is seen: its streams are known. */
import type { BackchannelOptions } from '../../src/index.js';
import type { RequestMessage } from '../../src/routing/message.js';
import { FakeResponse, JSON_TYPE, nodeRequest, SSE } from './http-fakes.js';
import { NullHttpTransport } from './null-transport.js';
import { rigOf, type Rig } from './rig.js';

type Handle = (request: { readonly method: string }, response: FakeResponse, body: unknown) => void;

/** Answers as Streamable HTTP does: GET and POST with an event stream, and the messages of a POST come in. */
class AnsweringTransport extends NullHttpTransport {
  json = false;

  override handleRequest(...args: unknown[]): Promise<void> {
    const [{ method }, response, body] = args as Parameters<Handle>;
    if (method === 'POST') for (const message of body as unknown[]) this.deliver(message);
    response.writeHead(200, this.json && method === 'POST' ? JSON_TYPE : SSE);
    return Promise.resolve();
  }
}

export interface WatchedRig extends Rig<AnsweringTransport> {
  /** The client POSTs messages. @returns its connection */
  readonly post: (...messages: RequestMessage[]) => FakeResponse;
  /** The client opens the standalone stream. @returns its connection */
  readonly get: () => FakeResponse;
  /** What became of the messages: `list_changed → standalone: delivered`, the code of an error at the end. */
  readonly story: () => string[];
}

const opened: WatchedRig[] = [];

/** Closes what the tests have opened. No timer may be left then. */
export async function closeRigs(): Promise<void> {
  await Promise.all(opened.splice(0).map(async ({ transport }) => transport.close()));
}

/** From the start the streams are watched, and the client holds none. */
export function watchedRig(options?: BackchannelOptions): WatchedRig {
  const rig = rigOf(new AnsweringTransport(), options);
  const open = (method: string, body?: unknown): FakeResponse => {
    const response = new FakeResponse();
    void rig.transport.handleRequest(nodeRequest(method), response, body);
    return response;
  };
  open('POST', []).disconnect();
  const watched: WatchedRig = {
    ...rig,
    post: (...messages) => open('POST', messages),
    get: () => open('GET'),
    story: () =>
      rig.routes.map(({ method, id, to, relatedRequestId, outcome, error }) => {
        const code = (error as { readonly code?: string } | undefined)?.code;
        return `${id ?? method} → ${relatedRequestId ?? to}: ${outcome}${code === undefined ? '' : ` ${code}`}`;
      }),
  };
  opened.push(watched);
  return watched;
}

/** HTTP by hand, and only as much SSE as the SDK sends. A client must not cost as much as the program it measures. */
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Message } from './message.js';

interface Exchange {
  readonly status: number;
  readonly sessionId: string | undefined;
  /** Resolves when nothing more comes: `false` if the stream broke off. */
  readonly ended: Promise<boolean>;
}

export interface Sent {
  readonly opened: Promise<Exchange>;
  /** Breaks the connection, as a client does that goes away. */
  abort(): void;
}

export type Send = (
  method: 'POST' | 'GET' | 'DELETE',
  body: object | undefined,
  received: (message: Message) => void,
) => Sent;

/** A free connection is given up before the server does that, so that no request falls into the gap. */
const agent = new Agent({ keepAlive: true, timeout: 2_000 });

export function sender(url: string, headers: () => Readonly<Record<string, string>>): Send {
  return (method, body, received) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = request(url, {
      agent,
      method,
      headers: {
        accept: 'application/json, text/event-stream',
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...headers(),
      },
    });
    const opened = new Promise<Exchange>((resolve, reject) => {
      outgoing.once('error', reject).once('response', (response) => {
        resolve({
          status: response.statusCode ?? 0,
          sessionId: response.headers['mcp-session-id'] as string | undefined,
          // A stream that is refused brings an error, and no message.
          ended: read(response, method === 'GET' && response.statusCode !== 200 ? () => undefined : received),
        });
      });
    });
    opened.catch(() => undefined);
    outgoing.end(text);
    return { opened, abort: () => void abort(outgoing) };
  };
}

function abort(outgoing: ClientRequest): ClientRequest {
  return outgoing.on('error', () => undefined).destroy();
}

function read(response: IncomingMessage, received: (message: Message) => void): Promise<boolean> {
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    if (!isStream) return;
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const start = event.indexOf('data: ');
      if (start !== -1 && event.length > start + 6) received(JSON.parse(event.slice(start + 6)) as Message);
    }
  });
  return new Promise((resolve) => {
    response
      .on('error', () => undefined)
      .once('close', () => {
        if (!isStream && rest.startsWith('{')) received(JSON.parse(rest) as Message);
        resolve(response.complete);
      });
  });
}

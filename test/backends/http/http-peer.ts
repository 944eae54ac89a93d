/** A server that answers as it is told to, and the command's transport to it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpTransportOptions } from '../../../src/backends/http/options.js';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import { vi } from 'vitest';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { listen } from '../../proxy/support.js';

export type Respond = (response: ServerResponse, request: IncomingMessage) => void;

export interface Peer {
  readonly transport: HttpTransport;
  readonly http: Server;
  readonly requests: IncomingMessage[];
  /** Of the POSTs. */
  readonly bodies: string[];
  readonly messages: JsonRpcMessage[];
  readonly errors: Error[];
  /** Sends request 7. @returns what comes: so many messages, and what else there is some turns later */
  readonly call: (expected?: number) => Promise<JsonRpcMessage[]>;
}

export const event = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
export const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call' } as const;
export const NEWS = { method: 'notifications/message', params: { level: 'info', data: 'ä' } };
export const RESULT = { id: 7, result: { text: 'ö' } };

export const inEvents = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

/** Some turns of the event loop, in which what is under way in this process comes to its end. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turns();
}

/** Lets time pass, of which timers of this process have been robbed, until work is done. */
export async function passTime<T>(work: Promise<T>, stepMs = 100): Promise<T> {
  const pass = async (): Promise<'not yet'> => {
    vi.advanceTimersByTime(stepMs);
    await turns();
    return 'not yet';
  };
  while ((await Promise.race([work.catch(() => 'done'), pass()])) === 'not yet');
  return work;
}

/** @param get answers what resumes; without it, there is no such thing */
export async function peer(
  closing: (close: () => unknown) => void,
  post: Respond,
  get?: Respond,
  options?: HttpTransportOptions,
): Promise<Peer> {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const http = createServer((request, response) => {
    requests.push(request);
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      if (request.method === 'POST') bodies.push(body);
      if (request.method === 'POST') post(response, request);
      else if (get === undefined) response.writeHead(405).end();
      else get(response, request);
    });
  });
  const transport = new HttpTransport(new URL(await listen(http)), options);
  closing(async () => {
    await transport.close();
    http.closeAllConnections();
    http.close();
  });
  const messages: JsonRpcMessage[] = [];
  const errors: Error[] = [];
  let come = (): void => undefined;
  transport.onmessage = (message) => {
    messages.push(message);
    come();
  };
  transport.onerror = (error) => errors.push(error);
  await transport.start();
  const call = async (expected = 1): Promise<JsonRpcMessage[]> => {
    const all = new Promise<void>((resolve) => {
      come = () => {
        if (messages.length >= expected) resolve();
      };
    });
    await transport.send(CALL);
    come();
    await all;
    await turns();
    return messages;
  };
  return { transport, http, requests, bodies, messages, errors, call };
}

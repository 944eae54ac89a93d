/** Backends that read and write texts, without a parser of numbers. */
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach } from 'vitest';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { ChildTransport } from '../../src/backends/stdio/child-transport.js';
import type { TransportLike } from '../../src/transport-like.js';
import { listen, type ProxyStage } from './support.js';

/**
 * Plays a backend. Over stdio it runs in the child, so it must name nothing from outside.
 *
 * @param write sends a message; over HTTP on the stream of the request that is played for
 * @param state the same object each time, empty at first
 */
export type Play = (text: string, write: (message: string) => void, state: Record<string, unknown>) => void;

export const KINDS = ['stdio', 'Streamable HTTP'] as const;

const INITIALIZED =
  '"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"raw","version":"1"}}}';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** @returns what connects to the backend */
export async function rawBackend(
  kind: (typeof KINDS)[number],
  play: Play,
  { maxMessage }: { readonly maxMessage?: number } = {},
): Promise<() => TransportLike> {
  const limit = maxMessage === undefined ? {} : { maxMessage };
  if (kind === 'stdio') {
    const spec = { command: process.execPath, args: ['-e', overStdio(play)], env: {}, cwd: undefined, ...limit };
    return () => new ChildTransport({ ...spec, children: new Set() as never });
  }
  const state = {};
  const http = createServer((request, response) => {
    void textOf(request).then((text) => {
      const { id, method } = JSON.parse(text === '' ? '{}' : text) as { id?: unknown; method?: string };
      if (id === undefined || method === undefined) {
        response.writeHead(request.method === 'GET' ? 405 : 202).end();
        if (text !== '') play(text, () => undefined, state);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'raw' });
      const write = (message: string): void => {
        response.write(`data: ${message.replaceAll('\n', '\ndata: ')}\n\n`);
        if (/"(?:result|error)":/.test(message.slice(0, 200))) response.end();
      };
      if (method === 'initialize') write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${INITIALIZED}`);
      else play(text, write, state);
    });
  });
  closing.push(() => http.close().closeAllConnections());
  const url = new URL(await listen(http));
  return () => new HttpTransport(url, limit);
}

function overStdio(play: Play): string {
  return `
  const play = ${play.toString()};
  const state = {};
  const write = (message) => process.stdout.write(message + '\\n');
  let parts = [];
  process.stdin.setEncoding('utf8').on('data', (chunk) => {
    parts.push(chunk);
    if (!chunk.includes('\\n')) return;
    const lines = parts.join('').split('\\n');
    parts = [lines.pop()];
    for (const line of lines) {
      const { id, method } = JSON.parse(line);
      if (method === 'initialize') write('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',' + ${JSON.stringify(INITIALIZED)});
      else play(line, write, state);
    }
  });`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  const parts: string[] = [];
  for await (const part of request) parts.push(String(part));
  return parts.join('');
}

/** Sends a request to the proxy. */
export type Ask = (request: Request) => Promise<Response>;

/** The ways into the proxy. */
export const DOORS: Readonly<Record<string, (stage: ProxyStage) => Ask>> = {
  'node:http': () => fetch,
  fetch:
    ({ proxy }) =>
    async (request) =>
      proxy.fetch(request),
};

interface RawEvent {
  readonly id: string | undefined;
  /** `undefined`: it has none. */
  readonly message: string | undefined;
}

/** A client that reads and writes texts. */
export interface RawClient {
  /** Posts a text. @returns the messages that came back, when the response has ended */
  post(body: string, onMessage?: (message: string) => void): Promise<string[]>;
  /** The same with the events of the response. */
  events(body: string): Promise<RawEvent[]>;
  /** The same with the body of a response that is JSON. */
  json(body: string): Promise<string>;
  /** Comes back to a stream. @returns the messages that it has missed */
  resume(lastEventId: string): Promise<string[]>;
}

export async function rawClient(url: string, ask: Ask = fetch): Promise<RawClient> {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
  const send = async (body: string): Promise<Response> => ask(new Request(url, { method: 'POST', body, headers }));
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const begun = await send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
  await begun.text();
  headers.set('mcp-session-id', begun.headers.get('mcp-session-id') ?? '');
  headers.set('mcp-protocol-version', '2025-11-25');
  return {
    post: async (body, onMessage) => messagesOf(await eventsOf(await send(body), onMessage)),
    events: async (body) => eventsOf(await send(body)),
    json: async (body) => (await send(body)).text(),
    resume: async (lastEventId) => {
      const resuming = new Headers(headers);
      resuming.set('last-event-id', lastEventId);
      return messagesOf(await eventsOf(await ask(new Request(url, { headers: resuming })), undefined, 2));
    },
  };
}

function messagesOf(events: readonly RawEvent[]): string[] {
  return events.flatMap(({ message }) => message ?? []);
}

/** @param enough so many messages, and the rest is not awaited */
async function eventsOf(
  response: Response,
  onMessage: (message: string) => void = () => undefined,
  enough = Infinity,
): Promise<RawEvent[]> {
  const all: RawEvent[] = [];
  let rest: string[] = [];
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest.push(part);
    if (!part.includes('\n\n') && part !== '\n') continue;
    const texts = rest.join('').split('\n\n');
    rest = [texts.pop() ?? ''];
    for (const text of texts) {
      const event = eventIn(text);
      all.push(event);
      if (event.message !== undefined) onMessage(event.message);
    }
    if (messagesOf(all).length >= enough) break;
  }
  return all;
}

function eventIn(text: string): RawEvent {
  const lines = text.split('\n');
  const data = lines.flatMap((line) => (line.startsWith('data: ') ? line.slice('data: '.length) : []));
  const id = lines.find((line) => line.startsWith('id: '))?.slice('id: '.length);
  const message = data.join('\n');
  return { id, message: message === '' ? undefined : message };
}

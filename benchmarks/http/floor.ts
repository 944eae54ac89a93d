/**
 * The least that a call over Streamable HTTP can cost on `node:http`: a server without sessions, checks and routing, that
 * parses what comes in, and writes the same messages as the others.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PROGRESS_NOTIFICATIONS } from './workloads.js';

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly protocolVersion?: string;
    readonly _meta?: { readonly progressToken?: number | string };
  };
  readonly result?: { readonly action?: string };
}

const sessionId = randomUUID();
const HEAD = [
  ...['connection', 'keep-alive', 'cache-control', 'no-cache, no-transform', 'content-type', 'text/event-stream'],
  ...['x-accel-buffering', 'no', 'mcp-session-id', sessionId],
];

const asked = new Map<number, (action: string) => void>();
let questions = 0;

export function serveAtTheFloor(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    take(JSON.parse(body) as Message, response);
  });
}

function take(message: Message, response: ServerResponse): void {
  const { id, method, params, result } = message;
  if (method === undefined || id === undefined) {
    response.writeHead(202, ['content-length', '0']).end();
    if (result !== undefined) asked.get(Number(id))?.(String(result.action));
    return;
  }
  if (method === 'initialize') {
    const serverInfo = { name: 'benchmark', version: '1' };
    end(response, id, { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo });
    return;
  }
  const answer = (text: string): void => {
    end(response, id, { content: [{ type: 'text', text }] });
  };
  const { name = '', _meta: meta } = params ?? {};
  if (name.startsWith('elicit')) elicit(response, answer);
  else if (name === 'progress') report(response, meta?.progressToken, answer);
  else answer('ok');
}

function elicit(response: ServerResponse, answer: (text: string) => void): void {
  const id = questions++;
  asked.set(id, (action) => {
    asked.delete(id);
    answer(action);
  });
  const requestedSchema = { type: 'object', properties: {} };
  response.writeHead(200, HEAD);
  response.write(
    event({ method: 'elicitation/create', params: { message: 'ok?', requestedSchema }, jsonrpc: '2.0', id }),
  );
}

function report(response: ServerResponse, progressToken: unknown, answer: (text: string) => void): void {
  response.writeHead(200, HEAD);
  for (let progress = 1; progress <= PROGRESS_NOTIFICATIONS; progress++) {
    const params = { progressToken, progress };
    response.write(event({ method: 'notifications/progress', params, jsonrpc: '2.0' }));
  }
  answer('ok');
}

function end(response: ServerResponse, id: number | string, result: object): void {
  const text = event({ result, jsonrpc: '2.0', id });
  if (!response.headersSent) response.writeHead(200, [...HEAD, 'content-length', String(Buffer.byteLength(text))]);
  response.end(text);
}

function event(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

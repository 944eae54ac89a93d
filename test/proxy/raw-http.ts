/** Requests as they are written by hand: with any Host, and in parts. */
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { expect } from 'vitest';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';

export const INITIALIZE = JSON.stringify(INITIALIZE_MESSAGE);
export const CALL = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' });

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Not by `fetch`, which lets nobody choose its `Host`. Reads a stream until it ends, and this one begins one. */
export async function send(url: string, { method = 'POST', headers = {}, body }: Sent): Promise<Got> {
  const request = httpRequest(url, { method, headers: { ...JSON_HEADERS, ...headers } });
  request.end(body);
  return answerTo(request);
}

export async function answerTo(request: ClientRequest): Promise<Got> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

export async function sessionOf(
  stage: { readonly url: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const opened = await send(stage.url, { body: INITIALIZE, headers });
  expect(opened.status).toBe(200);
  return String(opened.headers['mcp-session-id']);
}

/** A backend of revision 2026-07-28 over HTTP: by hand, so that what is measured is the proxy. `asking` asks once. */
import { createServer } from 'node:http';
import { serveMeasured } from '../lib/serve-measured.js';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly requestState?: string };
}

const VERSION = '2026-07-28';
const SERVER = { 'io.modelcontextprotocol/serverInfo': { name: 'benchmark', version: '1' } };
const COMPLETE = { resultType: 'complete', content: [{ type: 'text', text: 'ok' }], _meta: SERVER };
const QUESTION = {
  method: 'elicitation/create',
  params: { message: 'ok?', requestedSchema: { type: 'object', properties: {} } },
};
const INPUT_REQUIRED = {
  resultType: 'input_required',
  inputRequests: { question: QUESTION },
  requestState: 'asked',
  _meta: SERVER,
};
const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: [VERSION],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: 'private',
  _meta: SERVER,
};

function resultOf({ method, params }: Message): object {
  if (method === 'server/discover') return DISCOVERED;
  return params?.name === 'asking' && params.requestState === undefined ? INPUT_REQUIRED : COMPLETE;
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    const message = JSON.parse(body) as Message;
    const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: resultOf(message) });
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: message\ndata: ${answer}\n\n`);
  });
});
await serveMeasured(server);

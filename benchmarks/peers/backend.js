/**
 * The backend that proxies are put in front of: MCP by hand, so that what is measured is the proxy.
 * Over stdio, or with `--http` over Streamable HTTP, where it prints its URL. Ends with its stdin.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';

const TOOL = { name: 'echo', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } };

/** The answer, or nothing where none is due. */
function answerTo({ id, method, params }) {
  if (id === undefined || method === undefined) return undefined;
  const result = resultOf(method, params);
  if (result !== undefined) return JSON.stringify({ jsonrpc: '2.0', id, result });
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } });
}

function resultOf(method, params) {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'backend', version: '1.0.0' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: [TOOL] };
    case 'tools/call':
      return { content: [{ type: 'text', text: params.arguments.text }] };
    default:
      return undefined;
  }
}

function serveStdio() {
  let rest = '';
  process.stdin.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const answer = line.trim() === '' ? undefined : answerTo(JSON.parse(line));
      if (answer !== undefined) process.stdout.write(`${answer}\n`);
    }
  });
}

function serveHttp() {
  const server = createServer((request, response) => {
    // Some look here for who signs them in.
    if (request.url !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      const message = body === '' ? {} : JSON.parse(body);
      const answer = answerTo(message);
      if (answer === undefined) {
        response.writeHead(request.method === 'DELETE' ? 200 : 202).end();
        return;
      }
      const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
      response.writeHead(200, { 'content-type': 'text/event-stream', ...session });
      response.end(`event: message\ndata: ${answer}\n\n`);
    });
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/mcp\n`));
}

process.stdin.setEncoding('utf8').once('end', () => process.exit());
process.stdin.resume();
if (process.argv.includes('--http')) serveHttp();
else serveStdio();

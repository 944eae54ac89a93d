/** Clients that do not read, in a process of their own: each opens a session and the standalone stream, and stops there. */
import { Agent, request, type IncomingMessage } from 'node:http';

const { port, clients } = JSON.parse(process.argv[2] ?? '') as { readonly port: number; readonly clients: number };
const PROTOCOL_VERSION = '2025-11-25';

await Promise.all(Array.from({ length: clients }, open));
process.send?.({});
process.on('disconnect', () => process.exit());

async function open(): Promise<void> {
  const clientInfo = { name: 'slow', version: '1' };
  const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo };
  const begun = await send('POST', {}, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const session = {
    'mcp-session-id': String(begun.headers['mcp-session-id']),
    'mcp-protocol-version': PROTOCOL_VERSION,
  };
  (await send('POST', session, { jsonrpc: '2.0', method: 'notifications/initialized' })).resume();
  begun.resume();
  const stream = await send('GET', session);
  stream.on('error', () => undefined);
  // Without this, Node would still take the first bytes from the kernel.
  stream.socket.pause();
}

async function send(
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string>>,
  message?: object,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const accept = 'application/json, text/event-stream';
    const options = { method, agent: new Agent(), headers: { ...headers, accept, 'content-type': 'application/json' } };
    request(`http://127.0.0.1:${port}/mcp`, options, resolve)
      .on('error', reject)
      .end(message && JSON.stringify(message));
  });
}

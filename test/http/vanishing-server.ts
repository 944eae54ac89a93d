/**
 * A server and its client in a network of their own, which is taken away: nothing closes, and nothing is answered. The
 * time of this process runs ten times as fast as that of the kernel.
 *
 * Prints a line when the client's stream is open, and one when the server has closed it, or has not in two minutes.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';

const SPEED = 10;
const TWO_MINUTES_MS = 120_000;

const realNow = performance.now.bind(performance);
performance.now = () => SPEED * realNow();
const realTimeout = setTimeout;
globalThis.setTimeout = ((work: () => void, ms = 0) => realTimeout(work, ms / SPEED)) as typeof setTimeout;
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with a socket
const realKeepAlive = Socket.prototype.setKeepAlive;
Socket.prototype.setKeepAlive = function (isOn, ms = 0) {
  return realKeepAlive.call(this, isOn, ms / SPEED);
};
const { StreamableHTTPServerTransport } = await import('../../src/http/index.js');

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const [host = '127.0.0.1', what = 'vanishes'] = process.argv.slice(2);
const server = createServer((request, response) => {
  const transport = new StreamableHTTPServerTransport({ keepAliveMs: 15_000 });
  const openedAt = performance.now();
  response.once('close', () => {
    console.log(`closed after ${Math.round((performance.now() - openedAt) / 1_000)} s`);
    process.exit();
  });
  void transport.start();
  void transport.handleRequest(request, response);
  if (what === 'does not read') void fill(transport);
});

/** More than the kernel takes. */
async function fill(transport: InstanceType<typeof StreamableHTTPServerTransport>): Promise<void> {
  const data = 'x'.repeat(7_000_000);
  await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { data } });
}

server.listen(0, host);
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const client = connect({ host: host === '::' ? '127.0.0.1' : host, port });
if (what.includes('JSON')) {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}';
  const head = `content-type: application/json\r\naccept: application/json\r\ncontent-length: ${body.length}`;
  client.write(`POST /mcp HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n${body}`);
  await once(server, 'request');
  // Nothing is written to it. The transport asks for it a moment later.
  await new Promise((resolve) => realTimeout(resolve, 100));
} else {
  client.write('GET /mcp HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n');
  await once(client, 'data');
}
console.log('open');
if (what === 'does not read') client.pause();
else client.resume();
if (what.includes('vanishes')) execFileSync('ip', ['link', 'set', 'lo', 'down']);
setTimeout(() => {
  console.log('still open');
  process.exit();
}, TWO_MINUTES_MS);

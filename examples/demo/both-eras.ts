/** The proxy that this package offers, in front of a server over stdio: for clients of both eras of the protocol. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createStatefulProxy } from 'mcp-backchannel/proxy';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [command = '', ...args] = process.argv.slice(2);
const proxy = createStatefulProxy({ upstream: () => new StdioClientTransport({ command, args, stderr: 'ignore' }) });
const server = createServer(proxy.listener).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
});

// Ends with the demo, even if that is killed.
process.stdin.resume().on('close', () => {
  void proxy.close().then(() => {
    process.exit();
  });
});

/**
 * The backend of revision 2026-07-28 over Streamable HTTP, with one server for each request. Prints its URL. Ends when
 * its stdin ends.
 *
 *     backend-modern.ts [--wrapped]
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
} from '@modelcontextprotocol/server';
import { withBackchannel } from 'mcp-backchannel';
import { createModernServer } from './lib/modern-server.js';

const { wrapped } = parseArgs({ options: { wrapped: { type: 'boolean', default: false } } }).values;

const handler = createMcpHandler(
  () => {
    const server = createModernServer(() => handler.notify);
    // The handler makes the transport: between it and the server is the only place for a wrapper.
    const connect = server.connect.bind(server);
    if (wrapped) server.connect = async (transport) => connect(withBackchannel(transport));
    return server;
  },
  { legacy: 'reject' },
);
// It refuses requests that are not addressed to loopback.
const handle = toNodeHandler({
  fetch: async (request, options) =>
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ?? handler.fetch(request, options),
});

const server = createServer((request, response) => void handle(request as never, response));
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`);
});
process.stdin.resume().once('end', () => process.exit());

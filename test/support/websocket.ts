/** A backend over WebSocket. The SDK has a client for it and no server. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { JSONRPCMessageSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { createBackend } from '../../examples/lib/backend.js';
import type { Upstream } from './upstreams.js';

/** The server's end of one socket. It says that it has closed when the other end agrees: after `close()` has resolved. */
export class WebSocketServerTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  constructor(private readonly socket: WebSocket) {}

  async start(): Promise<void> {
    this.socket.on('message', (data: RawData) => {
      this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse((data as Buffer).toString('utf8'))));
    });
    this.socket.on('close', () => this.onclose?.());
    this.socket.on('error', (error) => this.onerror?.(error));
    return Promise.resolve();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(JSON.stringify(message), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.socket.close();
    return Promise.resolve();
  }
}

/** A backend, running, with the tools of `examples/lib/backend.ts`. One session for each `connect()`. */
export async function startWebSocket(): Promise<Upstream> {
  // The SDK's client takes the global one, which Node has had since version 22.
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true });

  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'mcp' });
  server.on('connection', (socket) => void createBackend().connect(new WebSocketServerTransport(socket)));
  await new Promise((resolve) => server.once('listening', resolve));
  const url = new URL(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  return {
    connect: async () => Promise.resolve(new WebSocketClientTransport(url)),
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
      if (before === undefined) Reflect.deleteProperty(globalThis, 'WebSocket');
      else Object.defineProperty(globalThis, 'WebSocket', before);
    },
  };
}

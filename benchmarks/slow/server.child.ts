/**
 * A server of the SDK on our own transport, in a process of its own. It writes notifications to the sessions that have
 * the standalone stream open, as fast as it is told to, and keeps an eye on its own memory.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtHttpTransport } from '../lib/built.js';

export interface SlowJob {
  /** In total, to all sessions together. */
  readonly bytesPerSecond: number;
  readonly messageBytes: number;
  readonly maxBufferedBytes: number;
  readonly sampleMs: number;
}

export interface Sample {
  /** Since the first notification. */
  readonly ms: number;
  readonly rssMiB: number;
}

/** What was seen from the first notification to the last. */
export interface Written {
  readonly samples: readonly Sample[];
  /** When the first stream was ended because too much waited for its client. */
  readonly atLimit: Sample | undefined;
  /** How many were. */
  readonly streamsEnded: number;
  readonly mebibytesPerSecond: number;
  /** What is in use at the end, when all garbage is collected: the heap, and what it holds outside. */
  readonly inUseMiB: number;
}

const TICK_MS = 5;
const { bytesPerSecond, messageBytes, maxBufferedBytes, sampleMs } = JSON.parse(process.argv[2] ?? '') as SlowJob;

const OurTransport = await builtHttpTransport();
type HttpTransport = InstanceType<typeof OurTransport>;
const sessions = new Map<string, HttpTransport>();
/** Those with the standalone stream open, at least once: nobody else is written to. */
const listeners = new Map<string, Server>();
const servers = new Map<string, Server>();

const samples: Sample[] = [];
let atLimit: Sample | undefined;
let streamsEnded = 0;
let startedAt = NaN;

const http = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
http.keepAliveTimeout = 0;
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }));

process.on('message', ({ writeForMs }: { readonly writeForMs: number }) => {
  startedAt = performance.now();
  const pad = 'x'.repeat(messageBytes);
  let written = 0;
  let nextSampleMs = 0;
  const write = (): void => {
    const ms = performance.now() - startedAt;
    if (ms >= nextSampleMs) {
      samples.push(sample());
      nextSampleMs += sampleMs;
    }
    if (ms >= writeForMs) {
      samples.push(sample());
      const mebibytesPerSecond = (written * messageBytes) / 2 ** 20 / (ms / 1_000);
      const inUseMiB = inUse();
      process.send?.({ samples, atLimit, streamsEnded, mebibytesPerSecond, inUseMiB } satisfies Written);
      return;
    }
    const all = [...listeners.values()];
    const due = (ms / 1_000) * (bytesPerSecond / messageBytes);
    while (written < due) {
      // What cannot be delivered is told to `onerror`.
      all[written++ % all.length]
        ?.notification({ method: 'notifications/message', params: { level: 'info', data: pad } })
        .catch(() => undefined);
    }
    setTimeout(write, TICK_MS);
  };
  write();
});
process.on('disconnect', () => process.exit());

function sample(): Sample {
  return { ms: performance.now() - startedAt, rssMiB: process.memoryUsage.rss() / 2 ** 20 };
}

function inUse(): number {
  if (gc === undefined) throw new Error('run it with --expose-gc');
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { 'mcp-session-id': header } = request.headers;
  const id = typeof header === 'string' ? header : undefined;
  const transport = (id === undefined ? undefined : sessions.get(id)) ?? (await session());
  const server = id === undefined ? undefined : servers.get(id);
  if (request.method === 'GET' && id !== undefined && server !== undefined) listeners.set(id, server);
  await transport.handleRequest(request, response);
}

async function session(): Promise<HttpTransport> {
  const transport = new OurTransport({
    sessionIdGenerator: randomUUID,
    maxBufferedBytes,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
      servers.set(id, server);
    },
  });
  const server = new Server({ name: 'benchmark', version: '1' }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text', text: 'ok' }] }));
  server.onerror = (error) => {
    if ((error as { readonly code?: unknown }).code !== 'SLOW_CLIENT') return;
    streamsEnded++;
    atLimit ??= sample();
  };
  await server.connect(transport);
  return transport;
}

/** A proxy in a process of its own. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../examples/lib/free-port.js';
import { builtStatefulProxy } from '../lib/built.js';
import { AskingBackend } from './asking-backend.js';
import type { ProxyJob, Spent } from './contestants.js';
import { reverseProxy } from './reverse-proxy.js';

const PROGRAM = fileURLToPath(new URL('./backend.js', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const job = JSON.parse(process.argv[2] ?? '') as ProxyJob;

process.send?.({ port: await (job.proxy === 'command' ? command(job.url) : listening(await serverOf(job))) });

// Asked for before and after each batch.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system } satisfies Spent);
});
process.on('disconnect', () => process.exit());

async function serverOf(job: Exclude<ProxyJob, { proxy: 'command' }>): Promise<Server> {
  if (job.proxy === 'reverse') return reverseProxy(job.url);
  const { backend } = job;
  const createStatefulProxy = await builtStatefulProxy();
  const { listener } = createStatefulProxy({
    upstream: () =>
      backend === 'stdio'
        ? new StdioClientTransport({ command: process.execPath, args: [PROGRAM] })
        : new AskingBackend(),
    idleTimeoutMs: 0,
  });
  return createServer(listener);
}

async function listening(server: Server): Promise<number> {
  // A client may be idle for as long as the others are at work.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The command, in this process: it passes modern clients on to a modern backend. */
async function command(url: string): Promise<number> {
  const port = await freePort();
  process.argv.splice(1, Infinity, COMMAND, '--port', String(port), '--url', url, '--upstream-protocol', 'modern');
  await import(COMMAND);
  return port;
}

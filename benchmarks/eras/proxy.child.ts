/** A proxy in a process of its own. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/doctor/free-port.js';
import { AskingBackend } from '../lib/asking-backend.js';
import { builtStatefulProxy } from '../lib/built.js';
import { measuredAt, serveMeasured } from '../lib/serve-measured.js';
import type { ProxyJob } from './contestants.js';
import { reverseProxy } from './reverse-proxy.js';

const PROGRAM = fileURLToPath(new URL('./backend.js', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const job = JSON.parse(process.argv[2] ?? '') as ProxyJob;

if (job.proxy === 'command') measuredAt(await command(job.url));
else await serveMeasured(await serverOf(job));

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

/** The command, in this process: it passes modern clients on to a modern backend. */
async function command(url: string): Promise<number> {
  const port = await freePort();
  process.argv.splice(1, Infinity, COMMAND, '--port', String(port), '--url', url, '--upstream-protocol', 'modern');
  await import(COMMAND);
  return port;
}

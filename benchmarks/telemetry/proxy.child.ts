/** A proxy in a process of its own, and whoever watches it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { createStatefulProxy } from '../../src/proxy/index.js';
import { AskingBackend } from '../eras/asking-backend.js';
import type { Spent } from '../eras/contestants.js';
import type { ProxyJob } from './contestants.js';
import { watchers } from './watchers.js';

const { watches, dist } = JSON.parse(process.argv[2] ?? '') as ProxyJob;
const built = (await import(new URL('proxy/index.js', dist).href)) as {
  readonly createStatefulProxy: typeof createStatefulProxy;
};
const { options, watch } = await watchers[watches](join(tmpdir(), `telemetry-${String(process.pid)}.jsonl`));
const proxy = built.createStatefulProxy({ upstream: () => new AskingBackend(), idleTimeoutMs: 0, ...options });
watch(proxy);

const server = createServer(proxy.listener);
// A client may be idle for as long as the others are at work.
server.keepAliveTimeout = 0;
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
process.send?.({ port: (server.address() as AddressInfo).port });

// Asked for before and after each batch.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system } satisfies Spent);
});
process.on('disconnect', () => process.exit());

/** A proxy in a process of its own, and whoever watches it. */
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { createStatefulProxy } from '../../src/proxy/index.js';
import { AskingBackend } from '../lib/asking-backend.js';
import { serveMeasured } from '../lib/serve-measured.js';
import type { ProxyJob } from './contestants.js';
import { watchers } from './watchers.js';

const { watches, dist } = JSON.parse(process.argv[2] ?? '') as ProxyJob;
const built = (await import(new URL('proxy/index.js', dist).href)) as {
  readonly createStatefulProxy: typeof createStatefulProxy;
};
const { options, watch } = await watchers[watches](join(tmpdir(), `telemetry-${String(process.pid)}.jsonl`));
const proxy = built.createStatefulProxy({ upstream: () => new AskingBackend(), idleTimeoutMs: 0, ...options });
watch(proxy);

await serveMeasured(createServer(proxy.listener));

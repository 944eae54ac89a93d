/**
 * A proxy that tells how much of what it allocates outlives the minor garbage collections: when it is told to `start`, it
 * begins to count, and when it is told to `stop`, it answers with the bytes.
 */
import { createServer } from 'node:http';
import { Session, type HeapProfiler } from 'node:inspector';
import type { AddressInfo } from 'node:net';
import { AskingBackend } from '../../../benchmarks/lib/asking-backend.js';
import { createStatefulProxy } from '../../../src/proxy/index.js';

const session = new Session();
session.connect();

const proxy = createStatefulProxy({ upstream: () => new AskingBackend(), idleTimeoutMs: 0 });
if (process.argv[2] === 'watched') proxy.events$.subscribe();
const server = createServer(proxy.listener).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

process.on('message', (told) => {
  if (told === 'start') {
    // What a major collection takes counts: until it comes, it has cost each minor one.
    const options = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: false };
    session.post('HeapProfiler.startSampling', { samplingInterval: 8_192, ...options }, () => process.send?.(0));
  } else {
    session.post('HeapProfiler.stopSampling', (_error, { profile }) => process.send?.(bytesIn(profile.head)));
  }
});
process.on('disconnect', () => process.exit());

function bytesIn({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((bytes, child) => bytes + bytesIn(child), selfSize);
}

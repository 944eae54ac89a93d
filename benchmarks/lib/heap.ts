import type { JsonRpcMessage } from '../../src/index.js';
import { idle } from './cycle.js';
import { VARIANTS, type Variant, type VariantName } from './variants.js';

/** Whose heap is measured. */
export const HEAP_VARIANTS = [
  'hand-written',
  'ours, last-inbound',
  'ours, context',
  'ours, context, write order',
] as const;

/** Heap that a session takes, in bytes beyond that of a bare transport. */
export interface IdleBytes {
  /** Connected, and nothing has come in yet. */
  readonly connected: number;
  /** One cycle has come and gone. */
  readonly used: number;
}

/** What sessions of each kind add to the heap. Needs `--expose-gc`. */
export async function idleBytes(sessions: number): Promise<Record<string, IdleBytes>> {
  // Code, feedback and whatever is made once must not be counted.
  for (const name of [...HEAP_VARIANTS, 'bare' as const]) await occupied(name, 100);
  const bare = await occupied('bare', sessions);
  const bytes: Record<string, IdleBytes> = {};
  for (const name of HEAP_VARIANTS) {
    const { connected, used } = await occupied(name, sessions);
    bytes[name] = { connected: Math.round(connected - bare.connected), used: Math.round(used - bare.used) };
  }
  return bytes;
}

/** What each request in flight adds to the heap, in bytes beyond a bare transport's. */
export function inFlightBytes(requests: number): Record<string, number> {
  for (const name of [...HEAP_VARIANTS, 'bare' as const]) kept(name, 100);
  const bare = kept('bare', requests);
  return Object.fromEntries(HEAP_VARIANTS.map((name) => [name, Math.round(kept(name, requests) - bare)]));
}

function kept(name: VariantName, requests: number): number {
  const { outer, inner } = VARIANTS[name]();
  let arrived = 0;
  outer.onmessage = () => {
    arrived++;
  };
  void outer.start();
  const before = heapUsed();
  for (let id = 0; id < requests; id++) inner.onmessage?.(idle(id));
  const after = heapUsed();
  // Also keeps the transport alive up to here.
  outer.onmessage = undefined;
  if (arrived !== requests) throw new Error(`${name} lost requests`);
  return (after - before) / requests;
}

async function occupied(name: VariantName, sessions: number): Promise<IdleBytes> {
  const held = new Array<Variant | undefined>(sessions).fill(undefined);
  const before = heapUsed();
  for (let index = 0; index < sessions; index++) held[index] = connect(VARIANTS[name]());
  const connected = heapUsed();
  for (const variant of held) if (variant !== undefined) cycle(variant);
  // What has been sent is still being settled.
  await new Promise((resolve) => setImmediate(resolve));
  const used = heapUsed();
  // Also keeps `held` alive up to here.
  held.length = 0;
  return { connected: (connected - before) / sessions, used: (used - before) / sessions };
}

function connect(variant: Variant): Variant {
  const { outer } = variant;
  outer.onmessage = (message: JsonRpcMessage) => {
    const { id } = message;
    void outer.send(message.method === undefined ? { jsonrpc: '2.0', id, result: {} } : { ...message, method: 'ask' });
  };
  void outer.start();
  return variant;
}

function cycle({ inner }: Variant): void {
  inner.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'tools/call' });
  inner.onmessage?.({ jsonrpc: '2.0', id: 1, result: {} });
}

export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

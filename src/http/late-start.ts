import { after } from '../clock.js';

/** Has something to do shortly after it was made, unless it is over by then. */
export interface LateStarter {
  start(): void;
}

/** A fast server answers sooner, and nobody notices the delay. */
const DELAY_MS = 10;

// One timer serves all streams: most are over before it fires.
const starters = new Set<LateStarter>();
let isTimed = false;

/** Calls `start()` in a moment. */
export function lateStart(starter: LateStarter): void {
  starters.add(starter);
  if (isTimed) return;
  isTimed = true;
  after(DELAY_MS, startAll);
}

/** Calls it no more. */
export function startsNoMore(starter: LateStarter): void {
  starters.delete(starter);
}

function startAll(): void {
  isTimed = false;
  for (const starter of [...starters]) starter.start();
}

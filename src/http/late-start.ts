import { after } from '../clock.js';

/** Has something to do shortly after it was made, unless it is over by then. */
export interface LateStarter {
  start(): void;
}

/** The place in line of one of them. */
export interface LatePlace {
  /** `undefined`: it is over, and nothing is left here that would keep it in memory. */
  starter: LateStarter | undefined;
}

/** A fast server answers sooner, and nobody notices the delay. */
const DELAY_MS = 10;

// One timer serves all streams: most are over before it fires.
let places: LatePlace[] = [];

/** Calls `start()` in a moment. */
export function lateStart(starter: LateStarter): LatePlace {
  const place = { starter };
  if (places.push(place) === 1) after(DELAY_MS, startAll);
  return place;
}

/** Calls it no more. */
export function startsNoMore(place: LatePlace): void {
  place.starter = undefined;
}

function startAll(): void {
  const due = places;
  places = [];
  for (const { starter } of due) starter?.start();
}

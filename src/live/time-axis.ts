/** Where moments lie in the picture. */
import { label, line, type Shape } from './shapes.js';

/** Left of it stand the names of the lanes. */
export const GUTTER = 220;
/** Above it stand the times. */
export const AXIS_HEIGHT = 24;

/** The part of time that is shown, in milliseconds since 1970. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export type Scale = (at: number) => number;

/** Moments before the window lie at its left edge, and those after it at its right. */
export function scaleOf({ from, to }: TimeWindow, width: number): Scale {
  const perMs = (width - GUTTER) / Math.max(1, to - from);
  return (at) => Math.min(width, Math.max(GUTTER, GUTTER + (at - from) * perMs));
}

const STEPS = [1, 2, 5].flatMap((one) => [one, one * 10, one * 100]);
const LONGER = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const ALL_STEPS = [...STEPS, ...LONGER.map((one) => one * 1_000)].sort((one, other) => one - other);
const MIN_GAP = 92;

/** Round moments, with room for their names between them. */
function ticksOf({ from, to }: TimeWindow, width: number): { readonly at: number; readonly text: string }[] {
  const span = Math.max(1, to - from);
  const wanted = (span / Math.max(1, width - GUTTER)) * MIN_GAP;
  const days = 86_400_000;
  const step = ALL_STEPS.find((one) => one >= wanted) ?? Math.ceil(wanted / days) * days;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step)
    ticks.push({ at, text: timeText(at, step < 1_000) });
  return ticks;
}

/** In UTC, as in the logs. */
export function timeText(at: number, isExact = true): string {
  const text = new Date(at).toISOString();
  return isExact ? text.slice(11, 23) : text.slice(11, 19);
}

/** Below everything but the ground. */
export function grid(window: TimeWindow, width: number, height: number): Shape[] {
  const scale = scaleOf(window, width);
  return ticksOf(window, width).map(({ at }) => line('grid', scale(at), AXIS_HEIGHT, scale(at), height));
}

/** On top of everything. */
export function axis(window: TimeWindow, width: number): Shape[] {
  const scale = scaleOf(window, width);
  const ticks = ticksOf(window, width).map(({ at, text }) => ({ x: scale(at), text }));
  return [
    { kind: 'rect', look: 'axis', x: 0, y: 0, width, height: AXIS_HEIGHT },
    label('dim', 8, 16, `UTC, ${new Date(window.from).toISOString().slice(0, 10)}`),
    ...ticks.flatMap(({ x, text }) => (x < width - 64 ? [label('dim', x + 3, 16, text)] : [])),
  ];
}

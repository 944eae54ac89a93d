import { FIRST_ROW, ROW, type Lane } from './lanes.js';
import type { Scale, TimeWindow } from './time-axis.js';

export interface View {
  readonly window: TimeWindow;
  readonly width: number;
  readonly height: number;
  /** How far the lanes are scrolled. */
  readonly scrollTop: number;
  readonly now: number;
  /** The number of the selected call. */
  readonly selected: number | undefined;
}

/** A lane, and where its lines are drawn. */
export interface Place {
  readonly lane: Lane;
  readonly scale: Scale;
  readonly view: View;
  readonly client: number;
  readonly proxy: number;
  readonly firstRow: number;
  readonly backend: number;
}

export function placeOf(lane: Lane, top: number, scale: Scale, view: View): Place {
  const firstRow = top + FIRST_ROW;
  return {
    lane,
    scale,
    view,
    client: top + 18,
    proxy: top + 36,
    firstRow,
    backend: firstRow + lane.rows * ROW + 10,
  };
}

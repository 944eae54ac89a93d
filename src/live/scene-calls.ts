import type { Call } from './entities.js';
import { ROW } from './lanes.js';
import type { Place } from './place.js';
import { cross, fitting, label, px, widthOf, type Shape } from './shapes.js';
import { durationText, isLate, shortReasonOf, waitOf, type Wait } from './waits.js';

/** How a call went, which says how its bar looks. */
export type Outlook = 'ok' | 'failed' | 'lost' | 'cancelled' | 'flight' | 'late';

export function outlookOf(call: Call, now: number): Outlook {
  switch (call.outcome) {
    case 'result':
      return 'ok';
    case 'tool-error':
    case 'error':
    case 'refused':
      return 'failed';
    case 'undelivered':
    case 'session-ended':
      return 'lost';
    case 'cancelled':
      return 'cancelled';
    case undefined: {
      const wait = waitOf(call);
      return wait !== undefined && isLate(wait, now) ? 'late' : 'flight';
    }
  }
}

/** `navigate 7` or `tools/list 2`. */
export function callName({ method, target, id }: Pick<Call, 'method' | 'target' | 'id'>): string {
  return `${target ?? method} ${id}`;
}

/** A bar for each call. Of bars that fall on the same pixel, only the first is drawn, and those that need a look. */
export function drawCalls(place: Place): { readonly bars: readonly Shape[]; readonly labels: readonly Shape[] } {
  const { lane, view } = place;
  const { from, to } = view.window;
  const bars: Shape[] = [];
  const labels: Shape[] = [];
  /** How far each row is drawn. */
  const drawn = new Array<number>(lane.rows).fill(-1);
  for (const call of lane.calls) {
    const end = call.endedAt ?? Math.max(view.now, call.startedAt);
    if (end < from || call.startedAt > to) continue;
    const row = Math.min(call.row, lane.rows - 1);
    const outlook = outlookOf(call, view.now);
    const right = place.scale(end);
    const isQuiet = outlook === 'ok' && call.number !== view.selected;
    if (isQuiet && right < (drawn[row] ?? -1) + 1) continue;
    drawn[row] = right;
    const drawnCall = drawCall(place, call, outlook, row);
    bars.push(...drawnCall.bar);
    labels.push(...drawnCall.labels);
  }
  return { bars, labels };
}

function drawCall(
  place: Place,
  call: Call,
  outlook: Outlook,
  row: number,
): { readonly bar: Shape[]; readonly labels: Shape[] } {
  const { scale, view, firstRow } = place;
  const y = firstRow + row * ROW;
  const end = call.endedAt ?? Math.max(view.now, call.startedAt);
  const x = scale(call.startedAt);
  const right = Math.max(x + 2, scale(end));
  const wait = outlook === 'late' ? waitOf(call) : undefined;
  const look = `bar ${outlook}${call.number === view.selected ? ' selected' : ''}`;
  const title = `${call.method} ${callName(call)}: ${call.outcome ?? 'in flight'}, ${durationText(end - call.startedAt)}`;
  const bar: Shape[] = [
    {
      kind: 'rect',
      look,
      title,
      call: call.number,
      x: px(x),
      y: px(y + 1),
      width: px(right - x),
      height: ROW - 4,
    },
  ];
  if (outlook === 'lost') bar.push(cross('dead', right, y + ROW / 2 - 1, title));
  return { bar, labels: labelsOf(call, { x, right, y: y + ROW - 6, limit: view.width, outlook, wait }) };
}

interface Room {
  readonly x: number;
  readonly right: number;
  readonly y: number;
  readonly limit: number;
  readonly outlook: Outlook;
  readonly wait: Wait | undefined;
}

/** In the bar if there is room; why a call waits, or was lost, also behind it. */
function labelsOf(call: Call, { x, right, y, limit, outlook, wait }: Room): Shape[] {
  const name = callName(call);
  const look = `in ${outlook}`;
  const reason = wait === undefined ? undefined : shortReasonOf(wait);
  const why = reason ?? (outlook === 'lost' ? call.outcome : undefined);
  const inside = right - x - 8;
  if (why === undefined) {
    const text = fitting(name, inside);
    return text === undefined ? [] : [label(look, x + 4, y, text, call.number)];
  }
  const behind = right + (outlook === 'lost' ? 9 : 5);
  if (behind + widthOf(why) <= limit) {
    const text = fitting(name, inside);
    const named = text === undefined ? [] : [label(look, x + 4, y, text, call.number)];
    return [
      ...named,
      label('alarm', behind, y, text === undefined ? (fitting(`${name}: ${why}`, limit - behind) ?? why) : why),
    ];
  }
  const text = fitting(`${name} ${why}`, inside);
  return text === undefined ? [] : [label(look, x + 4, y, text, call.number)];
}

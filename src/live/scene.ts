/** The picture: time goes to the right, and each session is a lane with its client, the proxy and its backend. */
import { drawCalls } from './scene-calls.js';
import { drawQuestions } from './scene-questions.js';
import { label, line, cross, fitting, type Scene, type Shape } from './shapes.js';
import type { Lane } from './lanes.js';
import { placeOf, type Place, type View } from './place.js';
import { AXIS_HEIGHT, axis, grid, GUTTER, scaleOf } from './time-axis.js';

/** Only what can be seen is drawn. */
export function sceneOf(lanes: readonly Lane[], view: View): Scene {
  const { window, width, height, scrollTop, now } = view;
  const scale = scaleOf(window, width);
  const grounds: Shape[] = [];
  const shapes: Shape[] = [];
  for (const [index, lane] of lanes.entries()) {
    const top = AXIS_HEIGHT + lane.top - scrollTop;
    if (top + lane.height <= AXIS_HEIGHT || top >= height) continue;
    const place = placeOf(lane, top, scale, view);
    const look = index % 2 === 0 ? 'lane' : 'lane odd';
    grounds.push({ kind: 'rect', look, x: 0, y: top, width, height: lane.height });
    const { bars, labels } = drawCalls(place);
    shapes.push(...tracks(place), ...bars, ...marks(place), ...drawQuestions(place), ...labels, ...names(place, index));
  }
  if (now >= window.from && now <= window.to) shapes.push(line('now', scale(now), AXIS_HEIGHT, scale(now), height));
  return { width, height, shapes: [...grounds, ...grid(window, width, height), ...shapes, ...axis(window, width)] };
}

/** From when a session was first heard of until it ended. */
function tracks({ lane, scale, view, client, proxy, backend }: Place): Shape[] {
  const { openedAt, endedAt = view.now, backendEnded } = lane.session;
  const [from, to] = [scale(openedAt), scale(endedAt)];
  const died =
    backendEnded === undefined ? undefined : lane.session.marks.findLast((one) => one.kind === 'backend-ended');
  return [
    line('track', from, client, to, client),
    line('track thin', from, proxy, to, proxy),
    line('track', from, backend, died === undefined ? to : scale(died.at), backend),
  ];
}

function marks({ lane, scale, view, client, proxy, backend }: Place): Shape[] {
  const shapes: Shape[] = [];
  const { from, to } = view.window;
  let lastX = -1;
  let lastText = -1;
  for (const { at, kind, text } of lane.session.marks) {
    if (at < from || at > to) continue;
    const x = scale(at);
    switch (kind) {
      case 'notification':
        if (x - lastX < 2) break;
        shapes.push({ ...line('notification', x, client, x, backend), title: text });
        lastX = x;
        break;
      case 'lost-notification':
        shapes.push(line('notification', x, proxy, x, backend), cross('lost', x, proxy, text));
        break;
      case 'backend-started':
        shapes.push({ ...line('started', x, backend - 5, x, backend + 5), title: text });
        break;
      case 'backend-ended':
        shapes.push(cross('dead', x, backend, text));
        if (x > lastText) shapes.push(label('alarm', x + 9, backend + 12, shortened(text, view.width - x - 12)));
        lastText = x + 120;
        break;
      case 'session-ended':
        shapes.push({ ...line('ended', x, client - 6, x, backend + 6), title: text });
        break;
    }
  }
  return shapes;
}

function shortened(text: string, width: number): string {
  return fitting(text, Math.max(60, width)) ?? text;
}

/** On top of whatever began before the window. */
function names({ lane, client, proxy, backend }: Place, index: number): Shape[] {
  const { name, client: of = 'unnamed client', node, endedAt, backendEnded, inFlight, isOfModern } = lane.session;
  const top = client - 18;
  const state = endedAt !== undefined ? 'ended' : `${inFlight.size} in flight`;
  const width = GUTTER - 76;
  const where = node === undefined ? '' : ` @ ${node}`;
  return [
    { kind: 'rect', look: index % 2 === 0 ? 'gutter' : 'gutter odd', x: 0, y: top, width: GUTTER, height: lane.height },
    line('edge', 0, top + lane.height, GUTTER, top + lane.height),
    label('name', 8, client + 4, fitting(`${name}${where}`, width) ?? name),
    label('dim', 8, client + 20, fitting(isOfModern ? `${of} (modern)` : of, width) ?? ''),
    label(
      backendEnded === undefined ? 'dim' : 'alarm',
      8,
      client + 36,
      backendEnded === undefined ? state : 'backend ended',
    ),
    label('track-name', GUTTER - 8, client + 4, 'client'),
    label('track-name', GUTTER - 8, proxy + 4, 'proxy'),
    label('track-name', GUTTER - 8, backend + 4, 'backend'),
  ];
}

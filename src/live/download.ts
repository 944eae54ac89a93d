import { jsonLines, shownRecords } from './exported.js';
import { lanesOf } from './lanes.js';
import css from './picture.css';
import { sceneOf } from './scene.js';
import type { Store } from './store.js';
import { svgText } from './svg-text.js';
import { AXIS_HEIGHT } from './time-axis.js';

/** Of a drawing, and no more of it than programs can open. */
const SVG_WIDTH = 1_400;
const MAX_SVG_HEIGHT = 20_000;

/** Saves what is shown. */
export function download(store: Store, format: 'jsonl' | 'svg'): void {
  const [text, type] = format === 'svg' ? [svgOf(store), 'image/svg+xml'] : [linesOf(store), 'application/x-ndjson'];
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `mcp-backchannel-${new Date(store.now.peek()).toISOString().slice(0, 19).replaceAll(':', '')}.${format}`;
  link.click();
  // The browser reads it after this.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}

function linesOf(store: Store): string {
  const records = store.records.slice(0, store.position.peek());
  const filter = store.filter.peek();
  // The picture shows a part of time, and the lines are of all time.
  return jsonLines(shownRecords(records, lanesOf(store.model, filter, store.now.peek()), filter), store.lost.peek());
}

/** All lanes, also those that the page has no room for. */
function svgOf(store: Store): string {
  const lanes = store.lanes.peek();
  const last = lanes.at(-1);
  const height = Math.min(MAX_SVG_HEIGHT, AXIS_HEIGHT + (last === undefined ? 0 : last.top + last.height) + 1);
  const window = store.window.peek();
  const scene = sceneOf(lanes, {
    window,
    width: SVG_WIDTH,
    height,
    scrollTop: 0,
    now: store.now.peek(),
    selected: undefined,
  });
  const name = store.hello.peek()?.name ?? '';
  return svgText(scene, css, `Calls through mcp-backchannel to ${name}, ${new Date(window.from).toISOString()}`);
}

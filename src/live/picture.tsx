import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OfStore } from './of-store.js';
import { lanesOf } from './lanes.js';
import { onPictureKey } from './picture-keys.js';
import { sceneOf } from './scene.js';
import type { Shape } from './shapes.js';
import type { Store } from './store.js';
import { AXIS_HEIGHT, GUTTER } from './time-axis.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Lanes over time. Only what can be seen of them is in the document. */
export function Picture({ store }: OfStore): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 1_000, height: 400 });
  const [scrollTop, setScrollTop] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    const stop = listenToPointer(element, store);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [store]);
  const lanes = store.lanes.value;
  const selected = store.selected.value;
  // What was selected elsewhere is shown.
  useEffect(() => {
    const element = box.current;
    const lane = store.lanes.peek().find(({ session }) => session.key === selected?.session.key);
    if (element === null || lane === undefined) return;
    const isAbove = lane.top < element.scrollTop;
    const isBelow = AXIS_HEIGHT + lane.top + lane.height > element.scrollTop + element.clientHeight;
    if (isAbove || isBelow) element.scrollTop = lane.top;
  }, [store, selected]);
  const last = lanes.at(-1);
  const total = AXIS_HEIGHT + (last === undefined ? 0 : last.top + last.height);
  return (
    <section class="picture-section" aria-labelledby="picture-heading">
      <div class="heading">
        <h2 id="picture-heading">
          Sessions over time: {lanes.length} of {store.model.sessions.size}
        </h2>
        <p class="hint">drag or ←→ to move, + − to zoom, space to pause, comma and full stop to step</p>
      </div>
      <div
        class="picture-box"
        ref={box}
        tabIndex={0}
        role="group"
        aria-label="Picture of sessions over time. The table of calls below tells the same. Arrow keys move, plus and minus zoom, space pauses, comma and full stop step."
        onScroll={({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
        onKeyDown={(event) => onPictureKey(event, store)}
      >
        <div class="picture-inside" style={{ height: `${Math.max(total, size.height)}px` }}>
          <Drawing store={store} size={size} scrollTop={scrollTop} />
        </div>
        {last === undefined && <p class="empty">{emptyText(store)}</p>}
      </div>
    </section>
  );
}

function emptyText(store: Store): string {
  if (store.count.value === 0) return 'No events yet.';
  return lanesOf(store.model, store.filter.value, store.now.value).length === 0
    ? 'The filter leaves nothing.'
    : 'No session at this time.';
}

interface DrawingProps extends OfStore {
  readonly size: Size;
  readonly scrollTop: number;
}

function Drawing({ store, size, scrollTop }: DrawingProps): VNode {
  const selected = store.selectedCall.value?.number;
  const scene = sceneOf(store.lanes.value, {
    ...size,
    window: store.window.value,
    scrollTop,
    now: store.now.value,
    selected,
  });
  const select = (event: MouseEvent): void => {
    const number = (event.target as Element).closest('[data-call]')?.getAttribute('data-call');
    if (number !== null && number !== undefined) store.selected.value = store.model.calls[Number(number)];
  };
  return (
    <svg class="picture" width={size.width} height={size.height} aria-hidden="true" onClick={select}>
      {scene.shapes.map((shape, index) => (
        <Element key={index} shape={shape} />
      ))}
    </svg>
  );
}

function Element({ shape }: { readonly shape: Shape }): VNode {
  const { look, title, call } = shape;
  const said = title === undefined ? null : <title>{title}</title>;
  switch (shape.kind) {
    case 'rect':
      return (
        <rect class={look} data-call={call} x={shape.x} y={shape.y} width={shape.width} height={shape.height}>
          {said}
        </rect>
      );
    case 'path':
      return (
        <path class={look} d={shape.d}>
          {said}
        </path>
      );
    case 'text':
      return (
        <text class={look} data-call={call} x={shape.x} y={shape.y}>
          {shape.text}
        </text>
      );
  }
}

/** Dragging moves the time; the wheel with Ctrl zooms around the pointer, and with Shift moves. */
function listenToPointer(element: HTMLElement, store: Store): () => void {
  const stopper = new AbortController();
  const { signal } = stopper;
  const msPerPixel = (): number => store.span.peek() / Math.max(1, element.clientWidth - GUTTER);
  let draggedFrom: number | undefined;
  element.addEventListener('pointerdown', (event) => (draggedFrom = event.button === 0 ? event.clientX : undefined), {
    signal,
  });
  const drag = (event: PointerEvent): void => {
    if (draggedFrom === undefined) return;
    const moved = event.clientX - draggedFrom;
    // A click also moves the pointer a little.
    if (store.from.peek() === undefined && Math.abs(moved) < 4) return;
    draggedFrom = event.clientX;
    store.pan(-moved * msPerPixel());
  };
  window.addEventListener('pointermove', drag, { signal });
  window.addEventListener('pointerup', () => (draggedFrom = undefined), { signal });
  const turn = (event: WheelEvent): void => {
    const x = event.clientX - element.getBoundingClientRect().left - GUTTER;
    if (event.ctrlKey) store.zoom(event.deltaY > 0 ? 1.25 : 0.8, store.window.peek().from + x * msPerPixel());
    else if (event.deltaX !== 0 || event.shiftKey) store.pan((event.deltaX || event.deltaY) * msPerPixel());
    else return;
    event.preventDefault();
  };
  element.addEventListener('wheel', turn, { signal, passive: false });
  return () => {
    stopper.abort();
  };
}

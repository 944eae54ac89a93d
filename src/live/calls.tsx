import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OfStore } from './of-store.js';
import type { Call } from './entities.js';
import { isCallShown, isSessionShown } from './lanes.js';
import { callName, outlookOf } from './scene-calls.js';
import { shownSession } from './shown-session.js';
import type { Store } from './store.js';
import { timeText } from './time-axis.js';
import { durationText, isLate, reasonOf, waitOf } from './waits.js';

const ROW = 28;
const MARGIN = 4;

/** The calls that the filter leaves, the newest first. */
function shownCalls(store: Store): readonly Call[] {
  const filter = store.filter.value;
  const now = store.now.value;
  const { calls } = store.model;
  const shown: Call[] = [];
  for (let index = calls.length - 1; index >= 0; index--) {
    const call = calls[index];
    if (call !== undefined && isSessionShown(call.session, filter) && isCallShown(call, filter, now)) shown.push(call);
  }
  return shown;
}

/** The same as the picture, for those who do not see it or would rather read. */
export function Calls({ store }: OfStore): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [{ top, height }, setSeen] = useState({ top: 0, height: 300 });
  const calls = shownCalls(store);
  const selected = store.selectedCall.value;
  const index = selected === undefined ? -1 : calls.indexOf(selected);
  useEffect(() => {
    const element = box.current;
    if (element !== null) setSeen({ top: element.scrollTop, height: element.clientHeight });
  }, []);
  const wanted = store.selected.value;
  useEffect(() => {
    if (index >= 0) scrollTo(box.current, index);
    // Only when something else is selected: the table stays where it is while calls come.
  }, [wanted]);
  const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const end = Math.min(calls.length, Math.ceil((top + height) / ROW) + MARGIN);
  const isSeen = index >= first && index < end;
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((height - ROW) / ROW) - 1);
    const target = targetOf(event.key, index, calls.length, page);
    const call = target === undefined ? undefined : calls[target];
    if (call === undefined) return;
    event.preventDefault();
    store.selected.value = call;
  };
  return (
    <section class="calls" aria-labelledby="calls-heading">
      <h2 id="calls-heading">Calls: {calls.length.toLocaleString('en')}</h2>
      <div
        class="grid"
        role="grid"
        ref={box}
        tabIndex={0}
        aria-labelledby="calls-heading"
        aria-rowcount={calls.length + 1}
        aria-colcount={5}
        aria-activedescendant={isSeen ? 'selected-call' : undefined}
        onScroll={({ currentTarget }) => setSeen({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })}
        onKeyDown={onKeyDown}
      >
        <div class="row heads" role="row" aria-rowindex={1}>
          {['Session', 'Call', 'Began (UTC)', 'Time', 'State'].map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
        <div role="rowgroup" class="rows" style={{ height: `${calls.length * ROW}px` }}>
          {calls.slice(first, end).map((call, offset) => (
            <Row
              key={call.number}
              store={store}
              call={call}
              index={first + offset}
              isSelected={first + offset === index}
            />
          ))}
        </div>
      </div>
    </section>
  );
}

function targetOf(key: string, index: number, count: number, page: number): number | undefined {
  const within = (target: number): number => Math.min(count - 1, Math.max(0, target));
  switch (key) {
    case 'ArrowDown':
      return within(index + 1);
    case 'ArrowUp':
      return within(index - 1);
    case 'PageDown':
      return within(index + page);
    case 'PageUp':
      return within(index - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** So far that the row can be seen, below the row of heads. */
function scrollTo(box: HTMLDivElement | null, index: number): void {
  if (box === null) return;
  const top = index * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + 2 * ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + 2 * ROW - box.clientHeight;
}

interface RowProps extends OfStore {
  readonly call: Call;
  readonly index: number;
  readonly isSelected: boolean;
}

function Row({ store, call, index, isSelected }: RowProps): VNode {
  const now = store.now.value;
  const { session, startedAt, endedAt } = call;
  return (
    <div
      class={`row ${outlookOf(call, now)}`}
      role="row"
      id={isSelected ? 'selected-call' : undefined}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ top: `${index * ROW}px` }}
      onClick={() => (store.selected.value = call)}
    >
      <span role="gridcell">{shownSession({ session: session.name, node: session.node })}</span>
      <span role="gridcell">{callName(call)}</span>
      <span role="gridcell">{timeText(startedAt)}</span>
      <span role="gridcell">{durationText((endedAt ?? now) - startedAt)}</span>
      <span role="gridcell" title={stateOf(call, now)}>
        {stateOf(call, now)}
      </span>
    </div>
  );
}

export function stateOf(call: Call, now: number): string {
  const { outcome, code, error } = call;
  if (outcome !== undefined) return [outcome, code, error].filter((part) => part !== undefined).join(', ');
  const wait = waitOf(call);
  return wait === undefined || !isLate(wait, now) ? 'in flight' : reasonOf(wait, now);
}

import type { ComponentChildren, VNode } from 'preact';
import type { OfStore } from './of-store.js';
import { download } from './download.js';
import { recordText } from './text.js';
import { timeText } from './time-axis.js';
import { shownSession } from './shown-session.js';

const MAX_CHOICES = 200;

export function Toolbar({ store, children }: OfStore & { readonly children: ComponentChildren }): VNode {
  const filter = store.filter.value;
  const change = (part: Partial<typeof filter>): void => {
    store.filter.value = { ...store.filter.peek(), ...part };
  };
  return (
    <div class="toolbar">
      <fieldset>
        <legend>Show</legend>
        <label>
          Session{' '}
          <input
            type="search"
            list="sessions"
            placeholder="id or client"
            value={filter.session}
            onInput={({ currentTarget }) => change({ session: currentTarget.value })}
          />
        </label>
        <label>
          Method{' '}
          <input
            type="search"
            list="methods"
            placeholder="method or tool"
            value={filter.method}
            onInput={({ currentTarget }) => change({ method: currentTarget.value })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={filter.isWaiting}
            onChange={({ currentTarget }) => change({ isWaiting: currentTarget.checked })}
          />{' '}
          only what waits
        </label>
        <Choices store={store} />
      </fieldset>
      <fieldset>
        <legend>Time</legend>
        <button type="button" aria-label="Zoom in" onClick={() => store.zoom(0.5, atNow(store))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => store.zoom(2, atNow(store))}>
          −
        </button>
        <button type="button" onClick={() => store.fit()}>
          All
        </button>
        <button type="button" aria-pressed={store.from.value === undefined} onClick={() => store.follow()}>
          Follow
        </button>
      </fieldset>
      <fieldset>
        <legend>Export</legend>
        <button type="button" onClick={() => download(store, 'jsonl')}>
          JSON lines
        </button>
        <button type="button" onClick={() => download(store, 'svg')}>
          SVG
        </button>
      </fieldset>
      {children}
    </div>
  );
}

/** Zooming keeps now where it is, if now can be seen. */
function atNow({ window, now }: OfStore['store']): number | undefined {
  const { from, to } = window.peek();
  return now.peek() >= from && now.peek() <= to ? now.peek() : undefined;
}

function Choices({ store }: OfStore): VNode {
  const { sessions, calls } = store.model;
  const names = [...sessions.values()].slice(-MAX_CHOICES);
  const methods = new Set(calls.slice(-2_000).flatMap(({ method, target }) => [method, target ?? method]));
  return (
    <>
      <datalist id="sessions">
        {names.map(({ key, name, client }) => (
          <option key={key} value={name}>
            {client}
          </option>
        ))}
      </datalist>
      <datalist id="methods">
        {[...methods].slice(0, MAX_CHOICES).map((method) => (
          <option key={method} value={method} />
        ))}
      </datalist>
    </>
  );
}

export function Stepper({ store }: OfStore): VNode {
  const isPaused = store.isPaused.value;
  const count = store.count.value;
  const position = store.position.value ?? count;
  const record = store.current;
  const text =
    record === undefined ? '' : `${timeText(record.at)} ${shownSession(record)} ${recordText(record)}`.trim();
  return (
    <fieldset class="stepper">
      <legend>Pause and step</legend>
      <button type="button" aria-pressed={isPaused} onClick={() => (isPaused ? store.resume() : store.pause())}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
      <button type="button" onClick={() => store.step(-1)} disabled={count === 0}>
        ◂ Step back
      </button>
      <button type="button" onClick={() => store.step(1)} disabled={!isPaused || position >= count}>
        Step ▸
      </button>
      <input
        type="range"
        aria-label="Event"
        min="1"
        max={Math.max(1, count)}
        value={position}
        aria-valuetext={`event ${position} of ${count}${text === '' ? '' : `: ${text}`}`}
        onInput={({ currentTarget }) => store.goTo(Number(currentTarget.value))}
      />
      <output>{isPaused ? `${position.toLocaleString('en')} of ${count.toLocaleString('en')}: ${text}` : ''}</output>
    </fieldset>
  );
}

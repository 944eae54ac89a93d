import type { VNode } from 'preact';
import type { OfStore } from './of-store.js';
import { stateOf } from './calls.js';
import type { Call } from './entities.js';
import { nameOf } from './exported.js';
import { callName } from './scene-calls.js';
import { shownSession } from './shown-session.js';
import type { Store } from './store.js';
import { storyOf } from './text.js';
import { timeText } from './time-axis.js';
import { keyOf } from './entities.js';

/** What happened to the selected call. */
export function Details({ store }: OfStore): VNode {
  const call = store.selectedCall.value;
  return (
    <section class="details" aria-labelledby="details-heading">
      <h2 id="details-heading">{call === undefined ? 'No call selected' : `Call ${callName(call)}`}</h2>
      {call === undefined ? <p>Select a call in the picture or in the table.</p> : <Story store={store} call={call} />}
    </section>
  );
}

function Story({ store, call }: OfStore & { readonly call: Call }): VNode {
  const { session } = call;
  const name = shownSession({ session: session.name, node: session.node });
  return (
    <div class="story" tabIndex={0} role="group" aria-labelledby="details-heading">
      <p>
        Session {name}, {session.client ?? 'unnamed client'}. {stateOf(call, store.now.value)}.
      </p>
      <ol>
        {storyOf(call).map(({ at, text, isBad }, index) => (
          <li key={index} class={isBad ? 'bad' : undefined}>
            <time>{timeText(at)}</time> {text}
          </li>
        ))}
      </ol>
      <p>
        <button
          type="button"
          onClick={() => {
            show(store, call);
          }}
        >
          Show in the picture
        </button>
      </p>
      <details>
        <summary>Records</summary>
        <pre>{recordsOf(store, call)}</pre>
      </details>
    </div>
  );
}

function show(store: Store, { startedAt, endedAt }: Call): void {
  const length = Math.max(100, (endedAt ?? store.now.peek()) - startedAt);
  store.span.value = length * 1.6;
  store.from.value = startedAt - length * 0.2;
}

/** With the messages themselves, if they were kept. */
function recordsOf(store: Store, { session, id, startedAt, endedAt, questions }: Call): string {
  const names = new Set([`call ${keyOf(id)}`, ...questions.map((question) => `question ${keyOf(question.id)}`)]);
  return store.records
    .filter((record) => {
      const isOfSession = `${record.node ?? ''}/${record.session ?? ''}` === session.key;
      if (!isOfSession || record.at < startedAt || record.at > (endedAt ?? Infinity)) return false;
      const name = nameOf(record);
      return name !== undefined && names.has(name);
    })
    .map((record) => JSON.stringify(record))
    .join('\n');
}

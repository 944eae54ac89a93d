import type { VNode } from 'preact';
import type { OfStore } from './of-store.js';
import { callName } from './scene-calls.js';
import { shownSession } from './shown-session.js';
import { reasonOf } from './waits.js';

/** More of them say nothing more. */
const MAX_SHOWN = 30;

/** What waits now and why. */
export function Waiting({ store }: OfStore): VNode {
  const waits = store.waits.value;
  const now = store.now.value;
  const more = waits.length - MAX_SHOWN;
  return (
    <section class={waits.length === 0 ? 'waiting none' : 'waiting'} aria-labelledby="waiting-heading">
      <h2 id="waiting-heading">{waits.length === 0 ? 'Nothing waits' : `Waits now: ${waits.length}`}</h2>
      {waits.length > 0 && (
        <ul tabIndex={0} aria-labelledby="waiting-heading">
          {waits.slice(0, MAX_SHOWN).map((wait) => {
            const { session, call, question } = wait;
            const key = `${session.key} ${call === undefined ? `q${question?.id}` : call.number}`;
            const name = call === undefined ? `question ${question?.id}` : callName(call);
            return (
              <li key={key}>
                <button
                  type="button"
                  class="link"
                  disabled={call === undefined}
                  onClick={() => (store.selected.value = call)}
                >
                  {name}
                </button>{' '}
                of {shownSession({ session: session.name, node: session.node })} ({session.client ?? 'unnamed client'}):{' '}
                {reasonOf(wait, now)}
              </li>
            );
          })}
          {more > 0 && <li>and {more} more</li>}
        </ul>
      )}
    </section>
  );
}

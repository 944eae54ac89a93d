import { effect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { OfStore } from './of-store.js';
import { callName } from './scene-calls.js';
import { reasonOf, type Wait } from './waits.js';

/** Screen readers read one announcement after the other, so they must not come faster than they can be read. */
const PAUSE_MS = 3_000;
const MAX_NAMED = 3;

/** Tells screen readers of calls that have begun to wait, each once. */
export function Announcer({ store }: OfStore): VNode {
  const [text, setText] = useState('');
  useEffect(() => {
    const told = new Set<string>();
    let fresh: Wait[] = [];
    const stop = effect(() => {
      const waits = store.waits.value;
      const keys = new Set(waits.map(keyOfWait));
      for (const key of told) if (!keys.has(key)) told.delete(key);
      for (const wait of waits) {
        const key = keyOfWait(wait);
        if (!told.has(key)) fresh.push(wait);
        told.add(key);
      }
    });
    const timer = setInterval(() => {
      if (fresh.length === 0) return;
      const named = fresh.slice(0, MAX_NAMED).map((wait) => textOf(wait, store.now.peek()));
      const more = fresh.length - named.length;
      setText([...named, ...(more > 0 ? [`and ${more} more wait`] : [])].join('. '));
      fresh = [];
    }, PAUSE_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [store]);
  return (
    <div class="announcer" role="status" aria-live="polite">
      {text}
    </div>
  );
}

function keyOfWait({ session, call, question, on }: Wait): string {
  return `${session.key} ${call?.startedAt} ${call?.id} ${question?.id} ${on}`;
}

function textOf(wait: Wait, now: number): string {
  const { call, session } = wait;
  return `${call === undefined ? 'A question' : callName(call)} of session ${session.name}: ${reasonOf(wait, now)}`;
}

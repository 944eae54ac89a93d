import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Announcer } from './announcer.js';
import { Calls } from './calls.js';
import { Details } from './details.js';
import { Picture } from './picture.js';
import type { OfStore } from './of-store.js';
import type { Connection } from './store.js';
import { Stepper, Toolbar } from './toolbar.js';
import { Waiting } from './waiting.js';

export function App({ store }: OfStore): VNode {
  return (
    <>
      <Header store={store} />
      <main>
        <Toolbar store={store}>
          <Stepper store={store} />
        </Toolbar>
        <Waiting store={store} />
        <Picture store={store} />
        <div class="below">
          <Calls store={store} />
          <Details store={store} />
        </div>
      </main>
      <Announcer store={store} />
    </>
  );
}

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  open: 'live',
  lost: 'connection lost, connects again',
  refused: 'connection refused: reload the page, with the token if the proxy has one',
  ended: 'the whole file',
};

function stateOf({ connection, hello, isPaused }: OfStore['store']): string {
  if (connection.value !== 'open') return CONNECTIONS[connection.value];
  if (hello.value?.source === 'file') return 'loading the file';
  return isPaused.value ? 'paused' : CONNECTIONS.open;
}

function Header({ store }: OfStore): VNode {
  const hello = store.hello.value;
  const connection = store.connection.value;
  const sessions = store.model.sessions.size;
  const title = titleOf(hello?.name, store.waits.value.length);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <header>
      <h1>
        mcp-backchannel <span class="of">{hello?.name}</span>
      </h1>
      <p class={`connection ${connection}`} role="status">
        {stateOf(store)}
      </p>
      <p class="counts">
        {store.count.value.toLocaleString('en')} events · {sessions} {sessions === 1 ? 'session' : 'sessions'}
        {store.lost.value > 0 && ` · ${store.lost.value.toLocaleString('en')} events left out`}
        {hello !== undefined &&
          hello.badLines > 0 &&
          ` · ${hello.badLines === 1 ? '1 line is no event' : `${hello.badLines} lines are no events`}`}
      </p>
    </header>
  );
}

/** Tells the tabs of several servers apart, and that one of them needs a look. */
function titleOf(name: string | undefined, waits: number): string {
  return [waits > 0 ? `(${waits}) ` : '', name === undefined ? '' : `${name} – `, 'mcp-backchannel live'].join('');
}

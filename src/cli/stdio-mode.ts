import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { withBackchannel } from '../backchannel.js';
import type { StatefulProxyOptions } from '../proxy/options.js';
import { Credential } from '../proxy/guard.js';
import { Session } from '../proxy/session.js';
import { proxySettingsFrom } from '../proxy/settings.js';
import { within } from '../proxy/within.js';
import type { Backchannel } from '../transport/view.js';

export interface StdioMode {
  readonly routes$: Backchannel['routes$'];
  /** Resolves when it is over, with whose doing it was: the client closed stdin, or the server is gone. */
  readonly over: Promise<'client' | 'server'>;
  start(): Promise<void>;
  /** Lets calls in flight finish, for at most `graceMs`, and disconnects client and server. */
  close(graceMs: number): Promise<void>;
}

/** A session of the proxy, whose client is at our stdin and stdout. */
export function stdioMode(options: Pick<StatefulProxyOptions, 'upstream' | 'backchannel' | 'onerror'>): StdioMode {
  const downstream = withBackchannel(new StdioServerTransport(), options.backchannel);
  const headers = new Headers();
  const settings = proxySettingsFrom({ ...options, idleTimeoutMs: 0 });
  let isOver!: (whoseDoing: 'client' | 'server') => void;
  const over = new Promise<'client' | 'server'>((resolve) => (isOver = resolve));
  const session = new Session(
    downstream,
    { headers, credential: new Credential(headers, []) },
    settings,
    () => {
      isOver('server');
    },
    (error) => options.onerror?.(error),
  );
  const clientLeft = (): void => {
    isOver('client');
  };
  return {
    routes$: downstream.backchannel.routes$,
    over,
    async start() {
      process.stdin.once('end', clientLeft);
      // Each write to a client that is gone is an error of its own.
      process.stdout.on('error', clientLeft);
      await downstream.start();
    },
    async close(graceMs) {
      await within(graceMs, session.drain().then(flushed));
      await session.end('the proxy is shutting down');
    },
  };
}

/** The SDK takes what still waits for the pipe as written. */
async function flushed(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve));
}

import type { StatefulProxy } from '../proxy/options.js';
import { recordOf } from '../telemetry/record.js';
import { LiveAccess, type AccessOptions } from './live-access.js';
import { LivePage } from './live-page.js';
import type { Logs } from './logs.js';

export interface LiveOptions extends AccessOptions {
  readonly proxy: Pick<StatefulProxy, 'events$'>;
  /** What logs call the server. */
  readonly name: string;
  /** Of the cluster. */
  readonly node: string | undefined;
  readonly logs: Pick<Logs, 'redacted'>;
}

/** The page of a proxy: it keeps the last events, and has them all from now on. */
export function liveOf({ proxy, name, node, logs, ...access }: LiveOptions): LivePage {
  const page = new LivePage({ name, source: 'proxy', access: new LiveAccess(access) });
  proxy.events$.subscribe((event) => {
    // Now: the secrets of a session are known as long as it lasts.
    page.add(logs.redacted(recordOf(event, { node })));
  });
  return page;
}

import type { Finding } from '../findings.js';
import type { Stage } from '../stage.js';
import { LATE, within } from '../within.js';

const METHOD = 'notifications/tools/list_changed';
const AFTER_MS = 200;

/** The tools of the backend change while no call is in flight, and the client holds its standalone stream. */
export async function listChanged(stage: Stage): Promise<Finding> {
  const client = await stage.open();
  const standalone = await client.wire.openStandalone();
  if (standalone === 'none') return { verdict: 'unsupported', detail: 'there is no GET stream' };
  // A proxy may have announced tools as it connected.
  const before = client.arrivals.length;
  const isIt = (): boolean => client.arrivals.slice(before).some(({ message }) => message.method === METHOD);
  const called = await within(stage.timeoutMs, client.callTool(stage.tool('doctor_change_tools'), { ms: AFTER_MS }));
  if (called === LATE) return { verdict: 'hangs', detail: 'the call got no answer' };
  const come = await within(stage.timeoutMs, client.next(isIt));
  if (come !== LATE) return { verdict: 'works', detail: stage.hasStreams ? 'on the GET stream' : 'it came' };
  if (client.capabilities['tools']?.['listChanged'] !== true)
    return { verdict: 'unsupported', detail: 'the proxy does not declare tools.listChanged' };
  return { verdict: 'lost', detail: `it never came${standalone === 'silent' ? ', and the GET got no answer' : ''}` };
}

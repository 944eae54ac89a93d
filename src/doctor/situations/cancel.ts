import { randomUUID } from 'node:crypto';
import type { Finding } from '../findings.js';
import type { Stage } from '../stage.js';
import { LATE } from '../within.js';
import { note, wait } from './notes.js';

/** The call is at the backend by then. */
const CANCELS_AFTER_MS = 300;

/** The client cancels a call. The backend should hear of it, and the session should go on. */
export async function cancel(stage: Stage): Promise<Finding> {
  const client = await stage.open();
  const tag = `held ${randomUUID()}`;
  // It gives up in the end, so that it cannot hold up a proxy that lets one call through at a time.
  const { id } = client.startTool(stage.tool('doctor_hold'), { tag, ms: CANCELS_AFTER_MS + 2 * stage.timeoutMs });
  await wait(CANCELS_AFTER_MS);
  client.notify('notifications/cancelled', { requestId: id, reason: 'the doctor tries it' });
  const noted = await note(stage, client, tag, (text) => text === 'cancelled');
  if (noted === 'cancelled') return { verdict: 'works', detail: 'the backend is told' };
  if (noted === 'held') return { verdict: 'lost', detail: 'the backend is not told, and works on' };
  if (noted === LATE) return { verdict: 'hangs', detail: 'the session answers no other call' };
  return { verdict: 'lost', detail: 'the call never reached the backend' };
}

/** The backend over stdio. Ends with its stdin. Prints nothing but its messages. */
import process from 'node:process';
import { withStamp } from '../../routing/stamp.js';
import type { MethodMessage } from '../../routing/message.js';
import type { Message } from '../messages.js';
import { BackendSession } from './session.js';

/**
 * Proxies of ours have their servers on Node name the call that a message belongs to: their preload makes the SDK do it,
 * if a server uses the SDK. This one does as the SDK would, where the preload is, and nowhere else.
 */
const TAKES_STAMPS = Symbol.for('mcp-backchannel.stamp');

export function serveStdio(): void {
  const isStamping = TAKES_STAMPS in globalThis;
  const session = new BackendSession((message, call) => {
    const isAsking = message.method !== undefined && call !== undefined;
    const sent = isStamping && isAsking ? withStamp(message as MethodMessage, call) : message;
    process.stdout.write(`${JSON.stringify(sent)}\n`);
    return true;
  });
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') session.receive(JSON.parse(line) as Message);
  });
  process.stdin.once('end', () => process.exit());
  process.stdout.on('error', () => process.exit());
}

/** What proxies do with a client of revision 2026-07-28, as it was seen. */
import { outcomeText } from '../peers/outcome-text.js';
import { HANG_MS, MODERN_TASKS, type ModernOutcome, type PeersErasResult } from '../peers/results.js';
import { markdownTable } from './markdown.js';
import { SPOKEN, WIRES } from './peers.js';

const CAPTION = [
  'Each proxy stands in front of the same backend, which is of revision 2025-11-25, and whose tools send requests to the client.',
  'The client is that of the SDK 2, pinned to revision 2026-07-28.',
  '"refused" is an error in the place of a result, with its HTTP status, if it is not 200, and its code, if there is one. A client that cannot begin is refused in every column.',
  '"lost" means that the result was not made from the answer of the client, or that the backend was not told that the client had left.',
  '"two at once" is a tool that sends two elicitations at the same time. "cancel" closes the stream of a call.',
  `"hangs" means that no answer came in ${String(HANG_MS / 1_000)} s.`,
  'mcp-hub is left out, since it serves HTTP+SSE only. mcp-uplift is left out, since it is not on npm.',
].join(' ');

export function peersErasTable({ behaviour }: PeersErasResult): string {
  const rows = behaviour.map(({ name, version, upstream, wire, outcomes }) => [
    `${name} ${version}`,
    upstream,
    WIRES[wire],
    ...MODERN_TASKS.map((task) => told(outcomes[task])),
  ]);
  return `${CAPTION}\n\n${markdownTable(['proxy', 'backend', SPOKEN, ...MODERN_TASKS], rows)}`;
}

function told(outcome: ModernOutcome): string {
  const text = outcomeText(outcome);
  return outcome.kind === 'works' ? text : `**${text}**`;
}

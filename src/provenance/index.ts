/**
 * For your own proxy of a stdio server: the server itself says whose message it sends, where it uses the SDK on Node.
 *
 *     asUpstream(new StdioClientTransport({ command, args, env: withProvenance(env) }))
 */
import { fileURLToPath } from 'node:url';

/**
 * With forward slashes, which Windows accepts too: in `NODE_OPTIONS`, a backslash may be an escape. The path by way of
 * the parent holds in the joined files of the command, too.
 *
 * @internal
 */
export const PRELOAD: string = fileURLToPath(new URL('../provenance/preload.cjs', import.meta.url)).replaceAll(
  '\\',
  '/',
);

/**
 * The environment for a stdio server whose messages shall name their originating requests: `NODE_OPTIONS` loads a small
 * preload, which stamps what the server's SDK sends. {@link asUpstream} takes the stamps off and believes them.
 *
 * A server that does not run on Node, or does not use the SDK, is not affected. The stamps need Node 20.19 or
 * later, 22.13 or later. An older Node runs the server without them.
 *
 * @param env the variables that the server shall have. What its `NODE_OPTIONS` says stays in force. @default none: the
 * SDK's `StdioClientTransport` adds those that are safe to inherit, such as `PATH`
 */
export function withProvenance(env: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { NODE_OPTIONS: others = '', ...variables } = Object.fromEntries(given);
  // The option of a process that was started with the preload stays the only one.
  if (others.includes(PRELOAD)) return { ...variables, NODE_OPTIONS: others };
  const own = `--require=${/\s/.test(PRELOAD) ? `"${PRELOAD}"` : PRELOAD}`;
  return { ...variables, NODE_OPTIONS: others.trim() === '' ? own : `${others.trim()} ${own}` };
}

/** Whose code it is that takes the time. */
import type { Profiler } from 'node:inspector';

type ProfileNode = Profiler.ProfileNode;

/** By the URL of the code; the first that fits. */
const BY_URL = [
  ["Node's async contexts", /^node:(internal\/)?async_(hooks|local_storage|context)/],
  [
    'web streams and fetch',
    /^node:internal\/(webstreams\/|deps\/undici\/|encoding|abort_controller|event_target|worker\/js_transferable|blob|url)/,
  ],
  [
    "Node's HTTP, sockets and pipes",
    /^node:(_http|http|net$|_stream|stream|events$|child_process|internal\/(http|net|stream|child_process|socket|js_stream))/,
  ],
  ['the rest of Node', /^node:/],
  ['RxJS', /\/node_modules\/rxjs\//],
  ['the SDK, with Hono and zod', /\/node_modules\/(@modelcontextprotocol|@hono|hono|zod|zod-to-json-schema|ajv)\//],
  ['other packages', /\/node_modules\//],
  ['mcp-backchannel', /\/dist\//],
  ["the benchmark's own server", /\/benchmarks\//],
] as const;

/** What is in no code: by the name that V8 gives it. */
const BY_NAME: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code that no JavaScript has called',
};
const NOBODYS = '(idle)';

/**
 * How much of the time that was computed each group has taken itself. Native functions count as whose
 * code has called them: `writev` as the sockets', `JSON.parse` as the SDK's, say.
 */
export function sharesOf({ nodes, samples = [] }: Profiler.Profile): Map<string, number> {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const groups = new Map(nodes.map((node) => [node.id, groupOf(node, parents)]));
  const counts = new Map<string, number>();
  let counted = 0;
  for (const sample of samples) {
    const group = groups.get(sample);
    if (group === undefined) continue;
    counts.set(group, (counts.get(group) ?? 0) + 1);
    counted++;
  }
  return new Map([...counts].map(([group, count]) => [group, count / counted]));
}

/** @returns `undefined` for time that nothing was done in */
function groupOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string | undefined {
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
    const { functionName, url } = at.callFrame;
    if (functionName === NOBODYS) return undefined;
    const named = url === '' ? BY_NAME[functionName] : undefined;
    if (named !== undefined) return named;
    const found = BY_URL.find(([, pattern]) => pattern.test(url));
    if (found !== undefined) return found[0];
  }
  return 'the rest of Node';
}

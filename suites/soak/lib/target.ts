import { Process, program, ROOT, TSX, type Memory } from './process.js';
import type { Sample } from './slope.js';

/** What the proxy says of the messages it was given, by what became of them. */
export type Routes = Readonly<Record<string, number>>;

/** By these each message ends, exactly once. It may have been parked before, and orphaned after. */
const ENDS = ['delivered', 'refused', 'failed', 'superseded'] as const;

/** The command in front of a backend. */
export interface Target {
  readonly name: 'http' | 'stdio';
  readonly url: string;
  readonly proxy: Process;
  readonly heap: Sample[];
  readonly stop: () => Promise<void>;
}

/** Short times, so that all of them are reached often. */
const OPTIONS = ['--port', '0', '--json', '--park-timeout', '300ms', '--orphan-timeout', '1s'];
const COMMAND = `${ROOT}dist/cli.js`;

export async function startTargets(): Promise<Target[]> {
  const backend = await Process.start([...TSX, program('backend-http.ts')]);
  const http = await Process.start([COMMAND, ...OPTIONS, '--url', backend.url]);
  const command = [process.execPath, ...TSX, program('backend-stdio.ts')];
  const stdio = await Process.start([COMMAND, ...OPTIONS, '--', ...command]);
  return [
    {
      name: 'http',
      url: http.url,
      proxy: http.process,
      heap: [],
      stop: async () => {
        await http.process.stop();
        await backend.process.stop();
      },
    },
    { name: 'stdio', url: stdio.url, proxy: stdio.process, heap: [], stop: () => stdio.process.stop() },
  ];
}

export interface Metrics {
  readonly routes: Routes;
  readonly gauges: Readonly<Record<'sessions' | 'in_flight' | 'parked', number>>;
}

/** What `/metrics` shows. */
export async function metricsOf({ url }: Target): Promise<Metrics> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const routes: Record<string, number> = {};
  for (const [, outcome = '', count] of text.matchAll(/^mcp_backchannel_routes_total\{.*outcome="(\w+)".*\} (\d+)/gm))
    routes[outcome] = (routes[outcome] ?? 0) + Number(count);
  const gauge = (name: string): number =>
    Number(new RegExp(`^mcp_backchannel_${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { routes, gauges: { sessions: gauge('sessions'), in_flight: gauge('in_flight'), parked: gauge('parked') } };
}

/** How many messages have come to an end. */
export function ended(routes: Routes): number {
  return ENDS.reduce((sum, end) => sum + (routes[end] ?? 0), 0);
}

export async function measure(target: Target, seconds: number): Promise<Memory> {
  const memory = await target.proxy.memory();
  target.heap.push({ seconds, bytes: memory.heapUsed });
  return memory;
}

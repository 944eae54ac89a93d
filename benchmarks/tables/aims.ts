import type { Aim, PeersResult } from '../peers/results.js';
import { onNodes } from '../lib/nodes.js';
import type { SomeResults } from '../lib/result-files.js';
import type { CycleRow, HttpResult, RoutingResult, ScaleResult } from '../lib/results.js';
import { scaled, type Measured } from '../lib/statistics.js';
import { HTTP_AIM, reachesAim } from './http.js';
import { digits, many, markdownTable, spread } from './markdown.js';
import { everythingOn } from './nodes.js';
import { scaleVariant } from './scale.js';

/** A figure, and what it is to be. */
interface Line {
  readonly what: string;
  readonly figure: string;
  readonly aim: string;
  /** `undefined` where there is no aim: the figure is told all the same. */
  readonly isMet: boolean | 'unknown' | undefined;
}

/** What each result has to say about its aims; what was not measured says nothing. */
export function aimsTable(results: SomeResults): string {
  const { routing, http, scale, peers } = results;
  const lines = [
    ...(routing === undefined ? [] : routingLines(routing, newerNodes(results))),
    ...(http === undefined ? [] : httpLines(http)),
    ...(scale === undefined ? [] : scaleLines(scale)),
    ...(peers === undefined ? [] : peerLines(peers)),
  ];
  const table = markdownTable(
    ['', 'measured', 'aim', 'met'],
    lines.map(({ what, figure, aim, isMet }) => [what, figure, aim, verdict(isMet)]),
  );
  return [table, ...notes(results)].join('\n\n');
}

function verdict(isMet: Line['isMet']): string {
  if (isMet === undefined) return '';
  if (isMet === 'unknown') return 'unknown';
  return isMet ? 'yes' : '**no**';
}

/** One paragraph, or none. */
function notes({ routing, scale, peers }: SomeResults): string[] {
  if (routing === undefined && scale === undefined && peers === undefined) return [];
  const sentences = [
    ...(routing === undefined
      ? []
      : ['Messages are routed in cycles of four: a call, a question, its answer, and the result of the call.']),
    ...(routing?.timing === undefined ? [] : [`The time of a message is ${routing.timing}.`]),
    ...(routing === undefined && scale === undefined
      ? []
      : ['Heap is `heapUsed` after a forced garbage collection, minus that of the same number of bare transports.']),
    ...(peers === undefined ? [] : ['Memory of the command and of other proxies is resident memory (RSS).']),
    'A KiB is 1,024 bytes.',
  ];
  return [sentences.join(' ')];
}

/** What the same message costs on other versions of Node: aims are for the oldest. */
type NewerNodes = readonly { readonly node: string; readonly row: CycleRow }[];

function newerNodes(results: SomeResults): NewerNodes {
  const [, ...others] = onNodes(results, 'routing');
  return others.flatMap(({ node, result }) => {
    const row = everythingOn(result);
    return row === undefined ? [] : [{ node, row }];
  });
}

function routingLines({ cycle, sessions, bytes }: RoutingResult, newer: NewerNodes): Line[] {
  const onNewer = (told: (row: CycleRow) => string) => newer.map(({ node, row }) => `Node ${node}: ${told(row)}`);
  const one = (variant: string) => cycle.filter((row) => row.variant === variant && row.inFlight === 1);
  const most = Math.max(...cycle.map(({ inFlight }) => inFlight));
  const lines: Line[] = [];
  for (const { nsPerMessage, toHandWritten, toHandWrittenInProcess } of one('ours, everything on')) {
    const what = 'routing a message, everything on (context, order of writes, routes observed)';
    const inProcess = `${spread(toHandWrittenInProcess)} × to one in a process with async contexts`;
    const us = scaled(nsPerMessage, 1_000);
    lines.push(atMost(what, us, 1, 'µs', ...onNewer((row) => `${spread(scaled(row.nsPerMessage, 1_000))} µs`)));
    const ratios = onNewer((row) => `${spread(row.toHandWritten)} ×`);
    lines.push(atMost('… to a hand-written wrapper', toHandWritten, 3, '×', inProcess, ...ratios));
  }
  for (const { nsPerMessage } of one('ours, everything on, debug')) {
    lines.push(told('… and `DEBUG` writing every line', `${spread(scaled(nsPerMessage, 1_000))} µs`));
  }
  for (const { toOneInFlight } of cycle.filter(
    (row) => row.variant === 'ours, everything on' && row.inFlight === most,
  )) {
    lines.push(atMost(`… with ${many(most)} requests in flight, to one`, toOneInFlight, 1.3, '×'));
  }
  // Older results have none with everything on.
  const [shown] = ['ours, everything on', 'ours, context'].filter((name) =>
    sessions.some((row) => row.variant === name),
  );
  for (const { kind, variant, sessions: count, toOneSession } of sessions) {
    if (variant !== shown || count !== Math.max(...sessions.map((row) => row.sessions))) continue;
    const how = kind === 'many transports' ? 'sessions, a transport each' : 'sessions on one transport';
    const yardstick = sessions.find(
      (row) => row.kind === kind && row.sessions === count && row.variant === 'hand-written',
    );
    const handWritten = yardstick && `hand-written: ${spread(yardstick.toOneSession)} ×`;
    lines.push(atMost(`… with ${many(count)} ${how}, to one`, toOneSession, 1.3, '×', handWritten));
  }
  const idle = bytes.perIdleSession['ours, context, write order'];
  if (idle !== undefined) {
    const most = idle.used.max > idle.connected.max ? idle.used : idle.connected;
    lines.push(atMost('heap of an idle session, beyond a bare null transport', scaled(most, 1_024), 2, 'KiB'));
  }
  const request = bytes.perRequestInFlight['ours, context, write order'];
  if (request !== undefined) {
    lines.push(told('heap of a request in flight, beyond the same', `${spread(request)} bytes`));
  }
  return lines;
}

/** All workloads in one line; each has its own in the table of HTTP. */
function httpLines({ rows }: HttpResult): Line[] {
  const met = rows.filter(reachesAim).length;
  const ratios = rows.map(({ wrappedToBare }) => wrappedToBare.time.ratio);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(3));
  return [
    {
      what: 'over HTTP, wrapped to bare: time per call',
      figure: `met by ${met} of ${rows.length} workloads; ${String(least)} to ${String(most)} ×`,
      aim: `each: ${HTTP_AIM}`,
      isMet: met === rows.length,
    },
  ];
}

function scaleLines({ cost, bytesPerIdleSessionBeyondBare: bytes }: ScaleResult): Line[] {
  const lines: Line[] = [];
  const yardstick = cost.findLast(({ variant }) => variant === 'hand-written');
  for (const variant of ['ours', 'createStatefulProxy']) {
    const own = cost.filter((row) => row.variant === variant);
    const [fewest, most] = [own[0], own.at(-1)];
    if (fewest === undefined || most === undefined) continue;
    const handWritten = yardstick && `hand-written: ${spread(yardstick.toFewest)} ×`;
    const sessions = `${many(most.sessions)} sessions to ${many(fewest.sessions)}`;
    const what = `${scaleVariant(variant)}, backends in memory, ${sessions}: processor time per message`;
    lines.push(atMost(what, most.toFewest, 1.3, '×', handWritten));
  }
  const { ours, createStatefulProxy } = bytes;
  if (ours !== undefined) {
    const what = "heap of an idle session over HTTP, both ends wrapped, beyond the SDK transports' own";
    lines.push(atMost(what, scaled(ours, 1_024), 2, 'KiB'));
  }
  if (createStatefulProxy !== undefined) {
    lines.push(
      told('… of `createStatefulProxy`, beyond the same', `${spread(scaled(createStatefulProxy, 1_024))} KiB`),
    );
  }
  return lines;
}

const MEASURES = {
  addedP50Us: { what: 'added to the p50 of a call', unit: ' µs' },
  callsPerSecond16: { what: 'calls per second, 16 at once', unit: '' },
  rssPerSessionKiB: { what: 'memory per idle session', unit: ' KiB' },
  firstAnswerMs: { what: 'start to first answer', unit: ' ms' },
} as const satisfies Record<Aim['measure'], object>;

const COMPARED_WITH = {
  stateful: 'the best stateful proxy',
  'own backends': 'the best proxy that also has a backend for each session',
} as const satisfies Record<Aim['beside'], string>;

function peerLines({ aims }: PeersResult): Line[] {
  return aims.map(
    ({ measure, upstream, wire, beside, ours, bestPeer, bestPeerName, ratio, unmeasured, aim, reached }) => {
      const { what, unit } = MEASURES[measure];
      const missing = unmeasured && `; could not be measured: ${unmeasured.join(', ')}`;
      const command = wire === 'stdio' ? 'the command with `--stdio`' : 'the command';
      return {
        what: `${command}, ${upstream} backend, compared with ${COMPARED_WITH[beside]}: ${what}`,
        figure: `${spread(ratio)} × (${digits(ours.median)}${unit} to ${digits(bestPeer.median)}${unit} of ${bestPeerName})${missing ?? ''}`,
        aim: aim === null ? '' : `${aim} ×`,
        isMet: reached ?? (aim === null ? undefined : 'unknown'),
      };
    },
  );
}

/** Met only if the worst of the rounds meets it. */
function atMost(what: string, measured: Measured, aim: number, unit: string, ...others: (string | undefined)[]): Line {
  const figure = [`${spread(measured)} ${unit}`, ...others.filter((text) => text !== undefined)].join('; ');
  return { what, figure, aim: `≤ ${aim} ${unit}`, isMet: measured.max <= aim };
}

function told(what: string, figure: string): Line {
  return { what, figure, aim: '', isMet: undefined };
}

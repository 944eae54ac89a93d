import type { Aim, PeersResult } from '../peers/results.js';
import { onNodes } from '../lib/nodes.js';
import type { CycleRow, HttpResult, RoutingResult, ScaleBurst, ScaleResult, SomeResults } from '../lib/results.js';
import { scaled, type Measured } from '../lib/statistics.js';
import { digits, interval, many, markdownTable, spread } from './markdown.js';
import { everythingOn } from './nodes.js';

/** A figure beside what it is to be. */
interface Line {
  readonly what: string;
  readonly figure: string;
  readonly aim: string;
  /** `undefined` where there is no aim: the figure is told all the same. */
  readonly isMet: boolean | undefined;
}

/** What each result has to say beside its aims; what was not measured says nothing. */
export function aimsTable(results: SomeResults): string {
  const { routing, http, scale, peers } = results;
  const lines = [
    ...(routing === undefined ? [] : routingLines(routing, newerNodes(results))),
    ...(http === undefined ? [] : httpLines(http)),
    ...(scale === undefined ? [] : scaleLines(scale)),
    ...(peers === undefined ? [] : peerLines(peers)),
  ];
  const met = (isMet: boolean | undefined): string => (isMet === undefined ? '' : isMet ? 'yes' : '**no**');
  return markdownTable(
    ['', 'measured', 'aim', 'met'],
    lines.map(({ what, figure, aim, isMet }) => [what, figure, aim, met(isMet)]),
  );
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
  for (const { kind, variant, sessions: count, toOneSession } of sessions) {
    if (variant !== 'ours, context' || count !== Math.max(...sessions.map((row) => row.sessions))) continue;
    const how = kind === 'many transports' ? 'sessions, a transport each' : 'sessions on one transport';
    const yardstick = sessions.find(
      (row) => row.kind === kind && row.sessions === count && row.variant === 'hand-written',
    );
    const beside = yardstick && `hand-written: ${spread(yardstick.toOneSession)} ×`;
    lines.push(atMost(`… with ${many(count)} ${how}, to one`, toOneSession, 1.3, '×', beside));
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

function httpLines({ rows }: HttpResult): Line[] {
  return rows.map(({ workload, concurrency, wrappedToBare, contextToBare, bare, wrapped }) => {
    const { low, high } = wrappedToBare.time;
    return {
      what: `over HTTP, ${workload === 'progress' ? 'progress ×100' : workload}, ${concurrency} at once: time per call`,
      figure: [
        `${interval(wrappedToBare.time)}, p50 ${digits(bare.p50Ms)} → ${digits(wrapped.p50Ms)} ms`,
        `bare with async contexts alone: ${interval(contextToBare.time)}`,
      ].join('; '),
      aim: 'interval includes 1.00, or lies below 1.02',
      isMet: (low <= 1 && high >= 1) || high < 1.02,
    };
  });
}

function scaleLines({ cost, burst, bytesPerIdleSessionBeyondBare: bytes }: ScaleResult): Line[] {
  const lines: Line[] = [];
  const ours = cost.filter(({ variant }) => variant === 'ours');
  const [fewest, most] = [ours[0], ours.at(-1)];
  if (fewest !== undefined && most !== undefined) {
    const yardstick = cost.findLast(({ variant }) => variant === 'hand-written');
    const beside = yardstick && `hand-written: ${spread(yardstick.toFewest)} ×`;
    const what = `a whole proxy in memory, ${many(most.sessions)} sessions to ${many(fewest.sessions)}: processor time per message`;
    lines.push(atMost(what, most.toFewest, 1.3, '×', beside));
  }
  for (const own of burst.filter(({ variant }) => variant === 'ours')) {
    const what = `${many(own.open)} of ${many(own.sessions)} sessions asked at once, all delivered`;
    const yardstick = burst.find(({ variant }) => variant === 'hand-written');
    lines.push(told(what, burstFigure(own) + (yardstick ? `; hand-written: ${burstFigure(yardstick)}` : '')));
  }
  const idle = bytes['ours'];
  if (idle !== undefined) {
    const what = "heap of an idle session over HTTP, both ends wrapped, beyond the SDK transports' own";
    lines.push(atMost(what, scaled(idle, 1_024), 2, 'KiB'));
  }
  return lines;
}

function burstFigure({ deliveredMs, holdsLoopMs, heapMiB }: ScaleBurst): string {
  const held = holdsLoopMs && `the burst, clients and answers included, holds the loop for ${spread(holdsLoopMs)} ms`;
  return [`${spread(deliveredMs)} ms`, ...(held ? [held] : []), `heap ${digits(heapMiB.median)} MiB`].join(', ');
}

const MEASURES = {
  addedP50Us: { what: 'added to the p50 of a call', unit: ' µs' },
  callsPerSecond16: { what: 'calls per second, 16 at once', unit: '' },
  rssPerSessionKiB: { what: 'memory per idle session', unit: ' KiB' },
} as const satisfies Record<Aim['measure'], object>;

const BESIDE = {
  stateful: 'the best stateful proxy',
  'own backends': 'the best with a backend for each session, as it has',
} as const satisfies Record<Aim['beside'], string>;

function peerLines({ aims }: PeersResult): Line[] {
  return aims.map(({ measure, upstream, beside, ours, bestPeer, bestPeerName, ratio, olderSdk, aim, reached }) => {
    const { what, unit } = MEASURES[measure];
    const older = olderSdk && `; with SDK ${olderSdk.sdk}: ${spread(olderSdk.ratio)} ×`;
    return {
      what: `the command, ${upstream} backend, beside ${BESIDE[beside]}: ${what}`,
      figure: `${spread(ratio)} × (${digits(ours.median)}${unit} to ${digits(bestPeer.median)}${unit} of ${bestPeerName})${older ?? ''}`,
      aim: aim === null ? '' : `${aim} ×`,
      isMet: reached ?? undefined,
    };
  });
}

/** Met only if the worst of the rounds meets it. */
function atMost(what: string, measured: Measured, aim: number, unit: string, ...beside: (string | undefined)[]): Line {
  const figure = [`${spread(measured)} ${unit}`, ...beside.filter((text) => text !== undefined)].join('; ');
  return { what, figure, aim: `≤ ${aim} ${unit}`, isMet: measured.max <= aim };
}

function told(what: string, figure: string): Line {
  return { what, figure, aim: '', isMet: undefined };
}

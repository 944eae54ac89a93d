import type { Cost, PeersResult, Subject } from '../peers/results.js';
import type { HttpResult, Results, RoutingResult, ScaleResult } from './results.js';

/** A figure beside what it is to be. */
export interface Line {
  readonly what: string;
  readonly figure: string;
  readonly aim: string;
  /** `undefined` where there is no aim: the figure is told all the same. */
  readonly isMet: boolean | undefined;
}

/** What each result has to say; what was not measured says nothing. */
export function linesOf(results: Partial<Results>): Line[] {
  return [
    ...(results.routing === undefined ? [] : routingLines(results.routing)),
    ...(results.http === undefined ? [] : httpLines(results.http)),
    ...(results.scale === undefined ? [] : scaleLines(results.scale)),
    ...(results.peers === undefined ? [] : peerLines(results.peers)),
  ];
}

function routingLines({ cycle, sessions, bytes }: RoutingResult): Line[] {
  const one = (variant: string) => cycle.filter((row) => row.variant === variant && row.inFlight === 1);
  const most = Math.max(...cycle.map(({ inFlight }) => inFlight));
  const lines: Line[] = [];
  for (const { nsPerMessage, toHandWritten } of one('ours, everything on')) {
    const what = 'routing a message, everything on (context, order of writes, routes observed)';
    lines.push(atMost(what, nsPerMessage.median / 1_000, 1, 'µs'));
    lines.push(atMost('… to a hand-written wrapper', toHandWritten.median, 3, '×'));
  }
  for (const { nsPerMessage } of one('ours, everything on, debug')) {
    lines.push(told('… and `DEBUG` writing every line', `${digits(nsPerMessage.median / 1_000)} µs`));
  }
  for (const { toOneInFlight } of cycle.filter(
    (row) => row.variant === 'ours, everything on' && row.inFlight === most,
  )) {
    lines.push(atMost(`… with ${many(most)} requests in flight, to one`, toOneInFlight.median, 1.3, '×'));
  }
  for (const { kind, variant, sessions: count, toOneSession } of sessions) {
    if (variant !== 'ours, context' || count !== Math.max(...sessions.map((row) => row.sessions))) continue;
    const how = kind === 'many transports' ? 'sessions, a transport each' : 'sessions on one transport';
    const yardstick = sessions.find(
      (row) => row.kind === kind && row.sessions === count && row.variant === 'hand-written',
    );
    const beside = yardstick === undefined ? '' : ` (hand-written: ${digits(yardstick.toOneSession.median)} ×)`;
    const line = atMost(`… with ${many(count)} ${how}, to one`, toOneSession.median, 1.3, '×');
    lines.push({ ...line, figure: line.figure + beside });
  }
  const idle = bytes.perIdleSession['ours, context, write order'];
  if (idle !== undefined) {
    const most = Math.max(idle.connected, idle.used);
    lines.push(atMost('heap of an idle session, beyond a bare null transport', most / 1_024, 2, 'KiB'));
  }
  const request = bytes.perRequestInFlight['ours, context, write order'];
  if (request !== undefined) lines.push(told('heap of a request in flight, beyond the same', `${many(request)} bytes`));
  return lines;
}

function httpLines({ rows }: HttpResult): Line[] {
  return rows.map(({ workload, concurrency, time: { ratio, low, high }, bare, wrapped }) => ({
    what: `over HTTP, ${workload === 'progress' ? 'progress ×100' : workload}, ${concurrency} at once: time per call`,
    figure: `${ratio.toFixed(3)} × (${low.toFixed(3)}–${high.toFixed(3)}), p50 ${digits(bare.p50Ms)} → ${digits(wrapped.p50Ms)} ms`,
    aim: 'interval includes 1.00, or lies below 1.02',
    isMet: (low <= 1 && high >= 1) || high < 1.02,
  }));
}

function scaleLines({ cost, burst, bytesPerIdleSessionBeyondBare: bytes }: ScaleResult): Line[] {
  const lines: Line[] = [];
  const ours = cost.filter(({ variant }) => variant === 'ours');
  const [fewest, most] = [ours[0], ours.at(-1)];
  if (fewest !== undefined && most !== undefined) {
    const yardstick = cost.findLast(({ variant }) => variant === 'hand-written')?.toFewest.median ?? NaN;
    const what = `a whole proxy in memory, ${many(most.sessions)} sessions to ${many(fewest.sessions)}: processor time per message`;
    const line = atMost(what, most.toFewest.median, 1.3, '×');
    lines.push({ ...line, figure: `${line.figure} (hand-written: ${digits(yardstick)} ×)` });
  }
  for (const { variant, sessions, open, deliveredMs, loopDelayP99Ms, heapMiB } of burst) {
    const figure = `${digits(deliveredMs.median)} ms, loop delay p99 ${digits(loopDelayP99Ms.median)} ms, heap ${digits(heapMiB.median)} MiB`;
    lines.push(told(`${many(open)} of ${many(sessions)} sessions asked at once, all delivered: ${variant}`, figure));
  }
  const idle = bytes['ours']?.median;
  if (idle !== undefined) {
    const what = "heap of an idle session over HTTP, both ends wrapped, beyond the SDK transports' own";
    lines.push(atMost(what, idle / 1_024, 2, 'KiB'));
  }
  return lines;
}

const PEER_AIMS = {
  addedP50Us: { what: 'added to the p50 of a call', unit: 'µs', moreIsBetter: false, aim: 0.6 },
  callsPerSecond16: { what: 'calls per second, 16 at once', unit: '', moreIsBetter: true, aim: 1.3 },
  rssPerSessionKiB: { what: 'memory per idle session', unit: 'KiB', moreIsBetter: false, aim: 1 },
} as const;

function peerLines({ contestants, behaviour }: PeersResult): Line[] {
  const ours = contestants.filter(({ isOurs }) => isOurs);
  const hasOwnBackends = (peer: Cost): boolean =>
    behaviour.some((seen) => isSame(seen, peer) && seen.backendPerSession);
  return ours.flatMap((own) => {
    const stateful = contestants.filter(
      (peer) => peer.isPeer && !peer.isOurs && peer.stateful === true && peer.upstream === own.upstream,
    );
    return [
      ...besideBest(own, stateful, 'the best stateful proxy', true),
      ...besideBest(own, stateful.filter(hasOwnBackends), 'the best with a backend for each session, as it has', false),
    ];
  });
}

function besideBest(own: Cost, peers: readonly Cost[], which: string, isAim: boolean): Line[] {
  if (peers.length === 0) return [];
  return (Object.keys(PEER_AIMS) as (keyof typeof PEER_AIMS)[]).map((measure) => {
    const { what, unit, moreIsBetter, aim } = PEER_AIMS[measure];
    const valueOf = (cost: Cost): number => cost[measure].median;
    const [best = own] = [...peers].sort((a, b) => (moreIsBetter ? valueOf(b) - valueOf(a) : valueOf(a) - valueOf(b)));
    const ratio = valueOf(own) / valueOf(best);
    const values = `${digits(valueOf(own))} ${unit} to ${digits(valueOf(best))} ${unit} of ${best.name} ${best.version}`;
    return {
      what: `the command, ${own.upstream} backend, beside ${which}: ${what}`,
      figure: `${digits(ratio)} × (${values.replaceAll('  ', ' ')})`,
      aim: isAim ? `${moreIsBetter ? '≥' : '≤'} ${aim} ×` : '',
      isMet: isAim ? (moreIsBetter ? ratio >= aim : ratio <= aim) : undefined,
    };
  });
}

function isSame(one: Subject, other: Subject): boolean {
  return one.name === other.name && one.version === other.version && one.upstream === other.upstream;
}

function atMost(what: string, figure: number, aim: number, unit: string): Line {
  return { what, figure: `${digits(figure)} ${unit}`, aim: `≤ ${aim} ${unit}`, isMet: figure <= aim };
}

function told(what: string, figure: string): Line {
  return { what, figure, aim: '', isMet: undefined };
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function many(value: number): string {
  return value.toLocaleString('en');
}

import type { HttpResult, PeersResult, Results, RoutingResult, ScaleResult } from './results.js';

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

function peerLines({ contestants }: PeersResult): Line[] {
  const ours = contestants.filter(isOurs);
  return ours.flatMap((own) => {
    const peers = contestants.filter((peer) => !isOurs(peer) && peer.stateful && peer.upstream === own.upstream);
    const of = (figure: 'addedP50Us' | 'callsPerSecond16' | 'perSessionKiB'): number[] =>
      peers.map((peer) => peer[figure]).filter((value) => value !== null);
    const against = `, ${own.upstream} backend, best stateful peer`;
    const lines: Line[] = [];
    const [p50, calls, memory] = [of('addedP50Us'), of('callsPerSecond16'), of('perSessionKiB')];
    if (own.addedP50Us !== null && p50.length > 0) {
      lines.push(atMost(`proxy: added p50 to the${against}`, own.addedP50Us / Math.min(...p50), 0.6, '×'));
    }
    if (own.callsPerSecond16 !== null && calls.length > 0) {
      const times = own.callsPerSecond16 / Math.max(...calls);
      const what = `proxy: calls per second at 16 concurrent to the${against}`;
      lines.push({ what, figure: `${digits(times)} ×`, aim: '≥ 1.3 ×', isMet: times >= 1.3 });
    }
    if (own.perSessionKiB !== null && memory.length > 0) {
      const least = Math.min(...memory);
      const figure = `${digits(own.perSessionKiB)} KiB (best peer: ${digits(least)} KiB)`;
      const what = `proxy: memory per idle session, ${own.upstream} backend`;
      lines.push({ what, figure, aim: 'below every stateful peer', isMet: own.perSessionKiB < least });
    }
    return lines;
  });
}

function isOurs({ name }: { readonly name: string }): boolean {
  return /backchannel|^ours/.test(name);
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

import type { RoutingResult } from '../../lib/results.js';
import { COLOURS, SECOND, heading, legend, markAt, origin, whiskers, type Drawing } from '../chart.js';

/** What a message costs, by variant; and that it stays so with many requests and many sessions. */
export function drawRouting(result: RoutingResult): Drawing {
  const bars = result.cycle
    .filter(({ inFlight, variant, process }) => inFlight === 1 && (variant.startsWith('ours') || process === 'plain'))
    .reverse();
  const lines = [
    line('ours, requests in flight', COLOURS.ours, 'solid', inFlight(result, 'ours, context')),
    line(
      'ours, sessions, a transport each',
      COLOURS.ours,
      'dashed',
      sessions(result, 'ours, context', 'many transports'),
    ),
    line('ours, sessions on one transport', COLOURS.ours, 'dotted', sessions(result, 'ours, context', 'one transport')),
    line('hand-written, requests in flight', COLOURS.yardstick, 'solid', inFlight(result, 'hand-written')),
    line(
      'hand-written, sessions, a transport each',
      COLOURS.yardstick,
      'dashed',
      sessions(result, 'hand-written', 'many transports'),
    ),
    line(
      'hand-written, sessions on one transport',
      COLOURS.yardstick,
      'dotted',
      sessions(result, 'hand-written', 'one transport'),
    ),
  ];
  return {
    width: 900,
    height: 770,
    option: {
      title: [
        heading(
          'Processor time per message, a quarter of a cycle, on a transport that does nothing (median, least to most)',
          16,
          8,
        ),
        heading('The same as requests in flight and sessions grow', 16, 380),
        origin(result),
      ],
      legend: legend(404, lines),
      grid: [
        { left: 230, right: 60, top: 44, height: 280 },
        { left: 70, right: 60, top: 500, height: 190 },
      ],
      xAxis: [
        { type: 'log', name: 'ns', min: 100 },
        { type: 'log', gridIndex: 1, name: 'count' },
      ],
      yAxis: [
        { type: 'category', data: bars.map(({ variant }) => variant), axisTick: { show: false } },
        { type: 'value', gridIndex: 1, name: 'ns per message' },
      ],
      series: [
        {
          type: 'bar',
          barWidth: '60%',
          data: bars.map(({ variant, nsPerMessage }) => ({
            value: nsPerMessage.median,
            itemStyle: {
              color: variant.startsWith('ours') ? COLOURS.ours : variant === 'bare' ? COLOURS.bare : COLOURS.yardstick,
            },
          })),
          label: { show: true, position: 'insideLeft', color: '#ffffff', formatter: '{c} ns' },
          markLine: markAt(1_000, 'aim', true),
        },
        whiskers(
          bars.map(({ nsPerMessage: { min, max } }, index) => [index, min, max] as const),
          { isHorizontal: true },
        ),
        ...lines,
      ],
    },
  };
}

function inFlight({ cycle }: RoutingResult, variant: string): number[][] {
  return cycle
    .filter((row) => row.variant === variant && row.process === 'context')
    .map((row) => [row.inFlight, row.nsPerMessage.median]);
}

function sessions({ sessions }: RoutingResult, variant: string, kind: string): number[][] {
  return sessions
    .filter((row) => row.variant === variant && row.kind === kind)
    .map((row) => [row.sessions, row.nsPerMessage.median]);
}

function line(name: string, color: string, type: 'solid' | 'dashed' | 'dotted', data: number[][]) {
  return {
    type: 'line' as const,
    name,
    ...SECOND,
    data,
    symbolSize: 7,
    lineStyle: { type, color },
    itemStyle: { color },
  };
}

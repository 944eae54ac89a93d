import type { HttpResult } from '../../lib/results.js';
import { COLOURS, SECOND, heading, legend, markAt, origin, whiskers, type Drawing } from '../chart.js';

/** Wrapped to bare over real HTTP, and what async contexts alone cost, with intervals; and the latencies behind it. */
export function drawHttp(result: HttpResult): Drawing {
  const labels = result.rows.map(({ workload, concurrency }) => `${workload.replace(' ', '\n')}\n${concurrency}×`);
  const ratios = [
    { name: 'wrapped: time per call', to: 'wrappedToBare', of: 'time', color: COLOURS.ours, offset: -18 },
    { name: 'its processor time', to: 'wrappedToBare', of: 'serverCpu', color: COLOURS.observed, offset: -6 },
    {
      name: 'async contexts alone: time per call',
      to: 'contextToBare',
      of: 'time',
      color: COLOURS.yardstick,
      offset: 6,
    },
    { name: 'its processor time ', to: 'contextToBare', of: 'serverCpu', color: COLOURS.bare, offset: 18 },
  ] as const;
  const latencies = [
    { name: 'bare p50', server: 'bare', figure: 'p50Ms', color: COLOURS.yardstick },
    { name: 'wrapped p50', server: 'wrapped', figure: 'p50Ms', color: COLOURS.ours },
    { name: 'bare p99', server: 'bare', figure: 'p99Ms', color: COLOURS.bare },
    { name: 'wrapped p99', server: 'wrapped', figure: 'p99Ms', color: COLOURS.observed },
  ] as const;
  return {
    width: 900,
    height: 720,
    option: {
      title: [
        heading('To the bare server over HTTP: ratio of pairs, with its interval of 95 % confidence', 16, 8),
        heading('Latency of a call', 16, 360),
        origin(result),
      ],
      legend: [legend(28, ratios), legend(380, latencies)],
      grid: [
        { left: 70, right: 60, top: 80, height: 220 },
        { left: 70, right: 60, top: 432, height: 210 },
      ],
      xAxis: [
        { type: 'category', data: labels, axisLabel: { interval: 0 } },
        { type: 'category', data: labels, axisLabel: { interval: 0 }, gridIndex: 1 },
      ],
      yAxis: [
        { type: 'value', scale: true, name: '× bare' },
        { type: 'log', gridIndex: 1, name: 'ms' },
      ],
      series: [
        ...ratios.flatMap(({ name, to, of, color, offset }, index) => [
          {
            type: 'scatter' as const,
            name,
            symbolSize: 9,
            symbolOffset: [offset, 0],
            itemStyle: { color },
            data: result.rows.map((row) => row[to][of].ratio),
            ...(index === 0 ? { markLine: markAt(1, '1.00') } : {}),
          },
          whiskers(
            result.rows.map((row, at) => [at, row[to][of].low, row[to][of].high] as const),
            { colour: color, offset },
          ),
        ]),
        ...latencies.map(({ name, server, figure, color }) => ({
          type: 'bar' as const,
          name,
          ...SECOND,
          itemStyle: { color },
          data: result.rows.map((row) => row[server][figure]),
        })),
      ],
    },
  };
}

import type { HttpResult } from '../../lib/results.js';
import { COLOURS, heading, legend, markAt, origin, whiskers, type Drawing } from '../chart.js';

/** Wrapped to bare over real HTTP, with intervals; and the latencies behind it. */
export function drawHttp(result: HttpResult): Drawing {
  const labels = result.rows.map(({ workload, concurrency }) => `${workload}\n${concurrency}×`);
  const ratios = [
    { name: 'time per call', of: 'time', color: COLOURS.ours, offset: -10 },
    { name: 'processor time of the server', of: 'serverCpu', color: COLOURS.yardstick, offset: 10 },
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
        heading('Wrapped to bare over HTTP: ratio of pairs, with its interval of 95 % confidence', 16, 8),
        heading('Latency of a call', 16, 360),
        origin(result),
      ],
      legend: [
        legend(
          28,
          ratios.map(({ name }) => name),
        ),
        legend(
          380,
          latencies.map(({ name }) => name),
        ),
      ],
      grid: [
        { left: 70, right: 60, top: 80, height: 220 },
        { left: 70, right: 60, top: 432, height: 210 },
      ],
      xAxis: [
        { type: 'category', data: labels },
        { type: 'category', data: labels, gridIndex: 1 },
      ],
      yAxis: [
        { type: 'value', scale: true, name: '× bare' },
        { type: 'log', gridIndex: 1, name: 'ms' },
      ],
      series: [
        ...ratios.flatMap(({ name, of, color, offset }) => [
          {
            type: 'scatter' as const,
            name,
            symbolSize: 9,
            symbolOffset: [offset, 0],
            itemStyle: { color },
            data: result.rows.map((row) => row[of].ratio),
            ...(of === 'time' ? { markLine: markAt(1, '1.00') } : {}),
          },
          whiskers(
            result.rows.map((row, index) => [index, row[of].low, row[of].high] as const),
            { colour: color, offset },
          ),
        ]),
        ...latencies.map(({ name, server, figure, color }) => ({
          type: 'bar' as const,
          name,
          xAxisIndex: 1,
          yAxisIndex: 1,
          itemStyle: { color },
          data: result.rows.map((row) => row[server][figure]),
        })),
      ],
    },
  };
}

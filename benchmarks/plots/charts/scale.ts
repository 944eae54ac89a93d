import type { ScaleResult } from '../../lib/results.js';
import { COLOURS, SECOND, heading, legend, origin, whiskers, type Drawing } from '../chart.js';

const VARIANTS = [
  { name: 'hand-written', color: COLOURS.yardstick },
  { name: 'ours', color: COLOURS.ours },
  { name: 'createStatefulProxy', color: COLOURS.observed },
] as const;

const BAR_WIDTH = 27;
/** From the middle of a bar to that of the next. */
const BAR_STEP = BAR_WIDTH * 1.11;

/** What a message costs as sessions grow, and how long questions to many of them take. */
export function drawScale(result: ScaleResult): Drawing {
  const variants = VARIANTS.filter(({ name }) => result.cost.some(({ variant }) => variant === name));
  const [{ open, sessions } = { open: 0, sessions: 0 }] = result.burst;
  const figures = [
    { label: 'all delivered', of: 'deliveredMs' } as const,
    { label: 'all completed', of: 'completedMs' } as const,
    { label: 'holds the loop', of: 'holdsLoopMs' } as const,
  ].filter(({ of }) => result.burst.some((burst) => burst[of] !== undefined));
  const bursts = (variant: string) => result.burst.find((burst) => burst.variant === variant);
  return {
    width: 900,
    height: 400,
    option: {
      title: [
        heading('Processor time per message, client and backend included', 16, 8),
        heading(`${open} of ${sessions} sessions asked at once`, 500, 8),
        origin(result),
      ],
      legend: legend(28, variants),
      grid: [
        { left: 70, width: 350, top: 80, bottom: 70 },
        { left: 560, width: 300, top: 80, bottom: 70 },
      ],
      xAxis: [
        { type: 'log', name: 'sessions', nameLocation: 'middle', nameGap: 26 },
        { type: 'category', gridIndex: 1, data: figures.map(({ label }) => label), axisLabel: { interval: 0 } },
      ],
      yAxis: [
        { type: 'value', name: 'µs', min: 0 },
        { type: 'value', gridIndex: 1, name: 'ms', min: 0 },
      ],
      series: variants.flatMap(({ name, color }, at) => {
        const offset = (at - (variants.length - 1) / 2) * BAR_STEP;
        const rows = result.cost.filter(({ variant }) => variant === name);
        return [
          {
            type: 'line' as const,
            name,
            color,
            symbolSize: 7,
            data: rows.map(({ sessions: count, usPerMessage }) => [count, usPerMessage.median]),
          },
          whiskers(
            rows.map(({ sessions: count, usPerMessage: { min, max } }) => [count, min, max] as const),
            { colour: color },
          ),
          {
            type: 'bar' as const,
            name,
            color,
            ...SECOND,
            barWidth: BAR_WIDTH,
            barGap: '11%',
            data: figures.map(({ of }) => bursts(name)?.[of]?.median ?? null),
            label: { show: true, position: 'top' as const, fontSize: 10 },
          },
          whiskers(
            figures.map(({ of }, index) => {
              const { min, max } = bursts(name)?.[of] ?? { min: NaN, max: NaN };
              return [index, min, max] as const;
            }),
            { axisIndex: 1, offset },
          ),
        ];
      }),
    },
  };
}

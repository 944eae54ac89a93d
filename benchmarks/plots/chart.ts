import * as echarts from 'echarts';
import type { CustomSeriesOption, EChartsOption } from 'echarts';
import type { Environment } from '../../suites/lib/environment.js';

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

/** Ours stands out from what it is compared with; the three can be told apart in grey as well. */
export const COLOURS = { ours: '#1f6feb', observed: '#79b0ff', yardstick: '#6e7781', bare: '#c0c7cf', aim: '#cf222e' };

export function render({ width, height, option }: Drawing): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const textStyle = { fontFamily: 'Helvetica, Arial, sans-serif' };
    chart.setOption({ animation: false, backgroundColor: '#ffffff', textStyle, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Which colour is what. Wide gaps: fonts differ, and nobody measures them here. */
export function legend(top: number, series: readonly { readonly name: string }[], left = 16): object {
  const data = series.map(({ name }) => name);
  return { top, left, width: 860, itemGap: 34, textStyle: { fontSize: 11 }, data };
}

/** Puts a series in the second of two panels. */
export const SECOND = { xAxisIndex: 1, yAxisIndex: 1 } as const;

/** The heading of a panel. */
export function heading(text: string, left: number | string, top: number | string): object {
  return { text, left, top, textStyle: { fontSize: 13, fontWeight: 'bold', color: '#1f2328' } };
}

/** Where and of what it was measured. */
export function origin({ date, commit, node, machine }: Environment): object {
  const text = `${machine.cpu}, ${machine.cores} cores, Node ${node}, commit ${commit}, ${date.slice(0, 10)}`;
  return { text, left: 16, bottom: 6, textStyle: { fontSize: 10, fontWeight: 'normal', color: '#6e7781' } };
}

/** From the lowest to the highest: `[category or x, low, high]`, on a value axis that is horizontal or vertical. */
export function whiskers(
  data: readonly (readonly [number, number, number])[],
  { axisIndex = 0, isHorizontal = false, colour = '#1f2328', offset = 0 } = {},
): CustomSeriesOption {
  return {
    type: 'custom',
    xAxisIndex: axisIndex,
    yAxisIndex: axisIndex,
    silent: true,
    z: 5,
    encode: isHorizontal ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
    data: data.map((item) => [...item]),
    renderItem(_params, api) {
      const at = (value: number): number[] => {
        const where = api.value(0);
        const point = api.coord(isHorizontal ? [value, where] : [where, value]);
        return isHorizontal ? [point[0] ?? 0, (point[1] ?? 0) + offset] : [(point[0] ?? 0) + offset, point[1] ?? 0];
      };
      const [low, high] = [at(Number(api.value(1))), at(Number(api.value(2)))];
      const style = { stroke: colour, lineWidth: 1.5 };
      const line = ([x1 = 0, y1 = 0]: number[], [x2 = 0, y2 = 0]: number[]) =>
        ({ type: 'line', shape: { x1, y1, x2, y2 }, style }) as const;
      const cap = ([x = 0, y = 0]: number[]) =>
        isHorizontal ? line([x, y - 4], [x, y + 4]) : line([x - 4, y], [x + 4, y]);
      return { type: 'group', children: [line(low, high), cap(low), cap(high)] };
    },
  };
}

/** A line across a panel at a value that is to be reached, or must not be passed. */
export function markAt(value: number, text: string, isVertical = false) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: COLOURS.aim, type: 'dashed' as const, width: 1.5 },
    label: { formatter: text, color: COLOURS.aim, position: 'end' as const, fontSize: 10 },
    data: [isVertical ? { xAxis: value } : { yAxis: value }],
  };
}

import type { Cost, PeersResult } from '../../peers/results.js';
import { COLOURS, heading, origin, type Drawing } from '../chart.js';

const PANELS = [
  { of: 'addedP50Us', title: 'Added to the median latency of a call, µs' },
  { of: 'callsPerSecond16', title: 'Calls per second at 16 concurrent' },
  { of: 'rssPerSessionKiB', title: 'Memory of the proxy per idle session, KiB' },
  { of: 'firstAnswerMs', title: 'From start to first answer, ms' },
] as const;

const PANEL_LEFT = 270;
const GAP = 50;

/** Proxies side by side. */
export function drawPeers({ environment, contestants }: PeersResult): Drawing {
  // Over stdio a session is a whole process: next to it, the memory of the others could not be seen.
  const shown = contestants.filter(({ wire }) => wire !== 'stdio').reverse();
  const panelHeight = 24 * shown.length;
  const top = (index: number): number => 36 + index * (panelHeight + GAP + 10);
  return {
    width: 900,
    height: top(PANELS.length) + 10,
    option: {
      title: [...PANELS.map(({ title }, index) => heading(title, 16, top(index) - 26)), origin(environment)],
      grid: PANELS.map((_, index) => ({ left: PANEL_LEFT, right: 70, top: top(index), height: panelHeight })),
      xAxis: PANELS.map((_, gridIndex) => ({ type: 'value' as const, gridIndex, splitNumber: 4 })),
      yAxis: PANELS.map((_, gridIndex) => ({
        type: 'category' as const,
        gridIndex,
        data: shown.map(nameOf),
        axisTick: { show: false },
      })),
      series: PANELS.map(({ of }, index) => ({
        type: 'bar' as const,
        xAxisIndex: index,
        yAxisIndex: index,
        barWidth: '65%',
        data: shown.map((contestant) => ({ value: contestant[of].median, itemStyle: { color: colourOf(contestant) } })),
        label: { show: true, position: 'right' as const, fontSize: 10 },
      })),
    },
  };
}

function nameOf({ name, version, upstream, stateful }: Cost): string {
  return [`${name} ${version}`.trim(), upstream, ...(stateful === false ? ['stateless'] : [])].join(', ');
}

function colourOf({ isOurs, stateful }: Cost): string {
  if (isOurs) return COLOURS.ours;
  return stateful === true ? COLOURS.yardstick : COLOURS.bare;
}

/** Dashboard and alerts show what the command really tells: each query is read, and held against a real `/metrics`. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MIRROR, Started } from '../cli/support.js';
import { commandNodes } from '../cluster/command-nodes.js';
import { HAS_REDIS, redisNote } from '../cluster/redis.js';
import { scrape, type Series } from '../support/exposition.js';
import { readQuery, type Query } from '../support/promql.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const read = (name: string): string => readFileSync(new URL(`../../examples/grafana/${name}`, import.meta.url), 'utf8');
const { panels, schemaVersion, templating } = JSON.parse(read('dashboard.json')) as Dashboard;
const charts = panels.filter(({ type }) => type !== 'row');

/** Prometheus adds them to each series that it reads. */
const OF_TARGET = ['job', 'instance'];

const SHOWN = charts.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, legendFormat, ...readQuery(expanded(expr)) })),
);
const ALERTS = (parse(read('alerts.yml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => ({ title: alert, ...readQuery(expr) })),
);
const QUERIES = [...SHOWN, ...ALERTS];
const isOfCluster = (metric: string): boolean => metric.startsWith('mcp_backchannel_cluster_');

/** What Grafana puts in for its variables. */
function expanded(query: string): string {
  return query.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*').replaceAll('$instance', '.*');
}

/** By metric. */
function labelsIn(series: readonly Series[]): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>();
  for (const { name, labels: own } of series)
    labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(own)]));
  return labels;
}

interface Named extends Query {
  readonly title: string;
}

/** What the queries name that is not there. */
function missing(queries: readonly Named[], series: readonly Series[]): readonly string[] {
  const known = labelsIn(series);
  return queries.flatMap(({ title, metrics, labels }) =>
    metrics.flatMap((metric) => {
      const own = known.get(metric);
      if (own === undefined) return [`${title}: no ${metric}`];
      const unknown = labels.filter((label) => !own.has(label) && !OF_TARGET.includes(label));
      return unknown.map((label) => `${title}: ${metric} has no ${label}`);
    }),
  );
}

test.each(QUERIES)('$title has a query without errors: $metrics', ({ errors, metrics }) => {
  expect(errors).toEqual([]);
  expect(metrics).not.toEqual([]);
});

describe('the dashboard', () => {
  test('is of Grafana 11, and leaves the data source to the reader', () => {
    expect(schemaVersion).toBeGreaterThanOrEqual(39);
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', ...OF_TARGET]);
    expect(charts.map(({ datasource }) => datasource?.uid)).toEqual(charts.map(() => '${datasource}'));
  });

  test.each(charts)('$title says what it shows, and in which unit', ({ description, fieldConfig, targets }) => {
    expect(description).toMatch(/\.$/);
    expect(fieldConfig?.defaults.unit).toBeTruthy();
    const refs = targets?.map(({ refId }) => refId) ?? [];
    expect(new Set(refs).size).toBe(refs.length);
    expect(refs).not.toEqual([]);
  });

  test('has a place for each panel, and no two on one', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  test.each(SHOWN)('$title names its lines by labels that are left: $legendFormat', (query) => {
    const used = [...query.legendFormat.matchAll(/\{\{(.*?)\}\}/g)].map(([, label]) => label);
    for (const label of used) expect(query.isAggregated ? query.labels : OF_TARGET).toContain(label);
  });
});

describe('against the real /metrics', () => {
  const started = new Started();
  let series: readonly Series[];
  beforeAll(async () => {
    const { url } = await started.endpoint(MIRROR);
    await (await started.client(url)).callTool('ask');
    const other = await started.client(url);
    await expect(other.callTool('die')).rejects.toThrow();
    series = await scrape(url);
  });
  afterAll(async () => started.end());

  test('each query asks for metrics and labels that are there', () => {
    expect(
      missing(
        QUERIES.filter(({ metrics }) => !metrics.some(isOfCluster)),
        series,
      ),
    ).toEqual([]);
  });

  test('each metric has a panel', () => {
    const shown = new Set(SHOWN.flatMap(({ metrics }) => metrics).map(family));
    const told = new Set(series.map(({ name }) => family(name)));
    expect([...told].filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe.runIf(HAS_REDIS)(`against the real /metrics of a node${redisNote}`, () => {
  const started = new Started();
  afterAll(async () => started.end());

  test('each query of the cluster asks for metrics and labels that are there', async () => {
    const [node] = await commandNodes(started).startNodes(1);
    const ofCluster = QUERIES.filter(({ metrics }) => metrics.some(isOfCluster));
    expect(missing(ofCluster, await scrape(node?.url ?? ''))).toEqual([]);
    expect(ofCluster).toHaveLength(5);
  });
});

/** A histogram has series of three names. */
function family(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

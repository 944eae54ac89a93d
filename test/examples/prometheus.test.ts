/** A real Prometheus reads the command, takes the rules, and has an answer to each query of the dashboard. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/doctor/free-port.js';
import { MIRROR, Started } from '../cli/support.js';

const HAS_PROMETHEUS = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);
const note = HAS_PROMETHEUS ? '' : ' (not run: prometheus is not installed)';
const ALERTS = fileURLToPath(new URL('../../examples/grafana/alerts.yml', import.meta.url));
const DASHBOARD = new URL('../../examples/grafana/dashboard.json', import.meta.url);

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

interface Answer {
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;
/** A command alone has no metrics of a cluster. */
const QUERIES = panels
  .flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr: expanded(expr) })))
  .filter(({ expr }) => !expr.includes('_cluster_'));

/** What Grafana puts in for its variables. */
function expanded(query: string): string {
  return query.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'command').replaceAll('$instance', '.*');
}

describe.runIf(HAS_PROMETHEUS)(`a real Prometheus${note}`, () => {
  const started = new Started();
  let api: string;
  let folder: string;

  beforeAll(async () => {
    const { url } = await started.endpoint(MIRROR);
    await (await started.client(url)).callTool('ask');
    folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      rule_files: [ALERTS],
      scrape_configs: [{ job_name: 'command', static_configs: [{ targets: [new URL(url).host] }] }],
    };
    const file = join(folder, 'prometheus.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config));
    const port = await freePort();
    const options = {
      'config.file': file,
      'storage.tsdb.path': join(folder, 'data'),
      'web.listen-address': `127.0.0.1:${port}`,
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const prometheus = spawn('prometheus', args, { stdio: 'ignore' });
    const ended = once(prometheus, 'exit');
    started.add({
      async close() {
        prometheus.kill('SIGKILL');
        await ended;
        await rm(folder, { recursive: true });
      },
    });
    api = `http://127.0.0.1:${port}/api/v1/query`;
  });
  afterAll(async () => started.end());

  /** How many series it finds, or why it does not look for them. */
  async function found(query: string): Promise<number | string> {
    try {
      const response = await fetch(`${api}?${new URLSearchParams({ query }).toString()}`);
      const { error, data } = (await response.json()) as Answer;
      return data?.result.length ?? String(error);
    } catch {
      return 'it does not listen yet';
    }
  }

  test('takes the alerts', async () => {
    const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', ALERTS]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  test.each(QUERIES)('answers what $title asks: $expr', async ({ expr }) => {
    // A rate needs two readings.
    await expect.poll(async () => found(expr), { timeout: 10_000 }).toBeGreaterThan(0);
  });
});

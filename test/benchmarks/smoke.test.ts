import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markOf, type Environment } from '../../suites/lib/environment.js';
import { RESULTS } from '../../benchmarks/lib/program.js';
import { Cluster, Eras, Http, Profile, Routing, Scale, Slow, Telemetry } from './schemas.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;

beforeAll(async () => {
  expect(existsSync(join(ROOT, 'dist/index.js')), 'benchmarks measure the build: npm run build').toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-bench-'));
  const brief = (name: string): Promise<unknown> => program(`${name}.ts`, '--brief', '--out', folder);
  const names = [
    'routing.bench',
    'http.bench',
    'scale.bench',
    'slow-readers.bench',
    'cluster.bench',
    'eras.bench',
    'telemetry.bench',
    'profile',
  ];
  await Promise.all(names.map(brief));
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('run briefly, and writing valid JSON', () => {
  test('the routing benchmark measures every variant, in flight and in sessions', async () => {
    const { cycle, sessions } = Routing.parse(await resultOf('routing'));

    expect(distinct(cycle.map(({ variant }) => variant))).toEqual([
      'bare',
      'hand-written',
      'ours, context',
      'ours, context, routes$ observed',
      'ours, context, write order',
      'ours, everything on',
      'ours, everything on, debug',
      'ours, last-inbound',
    ]);
    const kinds = ['many transports', 'one transport'];
    const variants = ['bare', 'hand-written', 'ours, context', 'ours, everything on'];
    expect(distinct(sessions.map(({ kind, variant }) => `${variant}, ${kind}`))).toEqual(
      variants.flatMap((variant) => kinds.map((kind) => `${variant}, ${kind}`)),
    );
  });

  test('the HTTP benchmark measures every workload, with async contexts alone too, and its intervals hold their ratios', async () => {
    const { rows } = Http.parse(await resultOf('http'));

    expect(distinct(rows.map(({ workload }) => workload))).toEqual(['echo', 'elicit', 'elicit unnamed', 'progress']);
    const ratios = rows.flatMap((row) => [row.wrappedToBare, row.contextToBare, row.wrappedToContext]);
    for (const { time, p50, serverCpu } of ratios) {
      for (const { ratio, low, high } of [time, p50, serverCpu]) {
        expect(low).toBeLessThanOrEqual(ratio);
        expect(ratio).toBeLessThanOrEqual(high);
      }
    }
  });

  test('the scale benchmark measures wrappers and the proxy at every size, and a burst of questions', async () => {
    const { cost, burst } = Scale.parse(await resultOf('scale'));

    expect(cost.map(({ variant, sessions }) => `${variant} ${sessions}`)).toEqual([
      'hand-written 10',
      'ours 10',
      'createStatefulProxy 10',
      'hand-written 20',
      'ours 20',
      'createStatefulProxy 20',
    ]);
    expect(burst.map(({ variant, open }) => `${variant} ${open}`)).toEqual([
      'hand-written 10',
      'ours 10',
      'createStatefulProxy 10',
    ]);
  });

  test('the benchmark of slow readers ends the stream of each of them, and goes on calling', async () => {
    const { streamsEnded, effort, rssOverTime } = Slow.parse(await resultOf('slow'));

    expect(streamsEnded.median).toBe(effort['slowClients']);
    expect(rssOverTime.map(({ seconds }) => seconds)).toEqual(
      rssOverTime.map(({ seconds }) => seconds).sort((one, other) => one - other),
    );
  });

  test('the benchmark of a cluster measures a single node, an owner and a hop, and its intervals hold their ratios', async () => {
    const { rows } = Cluster.parse(await resultOf('cluster'));

    expect(rows.map(({ backend, concurrency }) => `${backend} ${concurrency}`)).toEqual([
      'in memory 1',
      'in memory 4',
      'stdio 1',
      'stdio 4',
    ]);
    for (const { time, p50, serverCpu } of rows.flatMap((row) => [row.ownerToSingle, row.hopToSingle]))
      for (const { ratio, low, high } of [time, p50, serverCpu]) {
        expect(low).toBeLessThanOrEqual(ratio);
        expect(ratio).toBeLessThanOrEqual(high);
      }
  });

  test('the benchmark of telemetry measures each watcher with both kinds of calls', async () => {
    const { rows } = Telemetry.parse(await resultOf('telemetry'));
    const watchers = ['nothing', 'events', 'metrics', 'trace file', 'spans'];
    expect(rows.map(({ workload, watched }) => `${workload} ${watched}`)).toEqual(
      ['plain', 'asking'].flatMap((workload) => watchers.map((watched) => `${workload} ${watched}`)),
    );
  });

  test('the benchmark of eras measures plain and asking calls of both clients, and its intervals hold their ratios', async () => {
    const { rows } = Eras.parse(await resultOf('eras'));

    expect(rows.map(({ backend, workload, concurrency }) => `${backend} ${workload} ${concurrency}`)).toEqual([
      'in memory plain 1',
      'in memory plain 4',
      'in memory asking 1',
      'in memory asking 4',
      'stdio plain 1',
      'stdio plain 4',
      'stdio asking 1',
      'stdio asking 4',
      'modern plain 1',
      'modern plain 4',
      'modern asking 1',
      'modern asking 4',
    ]);
    for (const { time, p50, serverCpu } of rows.map((row) => row.modernToBase))
      for (const { ratio, low, high } of [time, p50, serverCpu]) {
        expect(low).toBeLessThanOrEqual(ratio);
        expect(ratio).toBeLessThanOrEqual(high);
      }
  });

  test('the profile tells whose code takes the time: ours only where there is any', async () => {
    const { profiles } = Profile.parse(await resultOf('profile'));

    expect(profiles.map(({ target }) => target)).toEqual([
      'a server, bare',
      'a server, wrapped',
      'the command, stdio backends',
    ]);
    const withOurs = profiles.filter(({ groups }) => groups.some(({ group }) => group === 'mcp-backchannel'));
    expect(withOurs.map(({ target }) => target)).toEqual(['a server, wrapped', 'the command, stdio backends']);
    for (const { groups } of profiles) {
      expect(groups.map(({ group }) => group)).toContain("Node's HTTP, sockets and pipes");
      expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 1);
    }
  });
});

test.each(['routing', 'http', 'scale', 'peers'])('the drawing of %s is that of its result', async (name) => {
  const file = (extension: string): Promise<string> => readFile(join(RESULTS, `${name}.${extension}`), 'utf8');
  const result = JSON.parse(await file('json')) as Environment | { readonly environment: Environment };

  expect(await file('svg'), 'npm run bench:plots').toContain(
    markOf('environment' in result ? result.environment : result),
  );
});

describe('the figures in the pages', () => {
  test('say what the results in the repository say', async () => {
    await expect(program('pages.ts', '--check')).resolves.toMatchObject({ stderr: '' });
  }, 60_000);

  test('are written between the markers, and leave out what was not measured', async () => {
    const results = join(folder, 'some');
    const root = join(folder, 'root');
    await mkdir(results);
    await mkdir(join(root, 'docs'), { recursive: true });
    // The benchmarks may have run on both sides of midnight.
    const { date } = Http.parse(await resultOf('http'));
    const copy = async (from: string, to: string, rest: object = {}): Promise<void> => {
      await writeFile(join(results, `${to}.json`), JSON.stringify({ ...(await resultOf(from)), date, ...rest }));
    };
    for (const name of ['http', 'profile', 'slow', 'cluster', 'eras', 'telemetry']) await copy(name, name);
    const other = process.version.startsWith('v24.') ? 'v22.0.0' : 'v24.0.0';
    await copy('http', 'http-node24', { node: other });
    const old = (...names: string[]): string =>
      ['# Before', ...names.map((name) => `<!-- ${name}:start -->\n\nold\n\n<!-- ${name}:end -->`), 'After\n'].join(
        '\n\n',
      );
    await writeFile(join(root, 'README.md'), old('costs'));
    await writeFile(join(root, 'docs/performance.md'), old('benchmarks'));
    await writeFile(join(root, 'docs/comparison.md'), old('behaviour', 'doctor', 'eras', 'peers'));
    const args = ['--root', root, '--results', results];

    await expect(program('pages.ts', ...args, '--check')).rejects.toMatchObject({ code: 1 });
    await program('pages.ts', ...args);

    const page = (name: string): Promise<string> => readFile(join(root, name), 'utf8');
    const [readme, text, comparison] = await Promise.all(
      ['README.md', 'docs/performance.md', 'docs/comparison.md'].map(page),
    );
    for (const written of [readme, text, comparison]) {
      expect(written).toMatch(/^# Before\n\n<!-- \w+:start -->\n/);
      expect(written).toMatch(/<!-- \w+:end -->\n\nAfter\n$/);
      expect(written).not.toMatch(/^old$/m);
      expect(written).not.toMatch(/undefined|NaN/);
    }
    expect(readme).toMatch(/^- \*\*A call over HTTP\*\* takes [\d.]+ to [\d.]+ times as long/m);
    expect(readme).toMatch(/; on our own transport, it takes the server [\d.]+ to [\d.]+ times the processor time\.$/m);
    expect(comparison).toContain('Not measured yet');
    expect(text).toMatch(/^\| over HTTP, wrapped to bare: time per call +\| met by \d of 8 workloads/m);
    expect(
      text?.match(/^\| (echo|elicit|elicit, its request not named|progress ×100), [14] at once +\|/gm),
      // In one table wrapped, in the other on our own transport.
    ).toHaveLength(16);
    expect(text).toMatch(/^\| processor time per call, 4 at once/m);
    expect(text).toMatch(
      /^\| over HTTP, echo, 4 at once: time per call, to bare +\|( [\d.]+ × \([\d.]+–[\d.]+\) +\|){2}$/m,
    );
    expect(text).toMatch(
      new RegExp(
        `^Measured: HTTP, profile, slow readers, cluster, eras and telemetry: .*; HTTP on Node 24: .*, Node ${other},`,
        'm',
      ),
    );
    expect(text?.match(/^\| (plain|asking), (in memory|stdio|modern backend), [14] at once +\|/gm)).toHaveLength(12);
    expect(text?.match(/^\| (in memory|stdio), [14] at once +\|/gm)).toHaveLength(4);
    expect(text).toMatch(/^\| operations of the engine, stdio backends +\| 100 a second +\|/m);
    expect(text).toMatch(/^\| share of requests that take a hop +\| 99 % +\|/m);
    expect(text).toMatch(/^Of 2 streams, 2 were ended for `maxBufferedBytes`\.$/m);
    expect(text).toMatch(/^\| with them +\| [\d.]+ +\| [\d.]+ +\|$/m);
    expect(text).not.toContain('routing a message');
  }, 60_000);
});

function program(
  name: string,
  ...args: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const command = ['--expose-gc', '--import', 'tsx', `benchmarks/${name}`, ...args];
  return promisify(execFile)(process.execPath, command, { cwd: ROOT });
}

async function resultOf(name: string): Promise<object> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as object;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

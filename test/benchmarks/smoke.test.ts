import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Figure = z.number().positive();
const Measured = z.object({ median: Figure, min: Figure, max: Figure });
const Row = z.object({
  variant: z.string(),
  context: z.boolean(),
  inFlight: z.literal([1, 1_000, 100_000]),
  nsPerMessage: Measured,
  toHandWritten: Measured,
  toHandWrittenInProcess: Measured,
  toOneInFlight: Measured,
});
const Result = z.object({
  date: z.iso.datetime(),
  commit: z.string().min(1),
  node: z.literal(process.version),
  machine: z.object({ cpu: z.string(), cores: Figure, platform: z.string() }),
  cycle: z.array(Row).length(24),
  bytesPerIdleSession: z.record(z.string(), z.object({ connected: z.number(), used: z.number() })),
});

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-bench-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('the routing benchmark, run briefly, measures every variant and writes valid JSON', async () => {
  expect(existsSync(join(ROOT, 'dist/index.js')), 'benchmarks measure the build: npm run build').toBe(true);

  const args = ['--expose-gc', '--import', 'tsx', 'benchmarks/routing.bench.ts', '--brief', '--out', folder];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });

  const result = Result.parse(JSON.parse(await readFile(join(folder, 'routing.json'), 'utf8')));
  const variants = new Set(result.cycle.map(({ variant }) => variant));
  expect([...variants].sort()).toEqual([
    'bare',
    'hand-written',
    'ours, context',
    'ours, context, routes$ observed',
    'ours, context, write order',
    'ours, last-inbound',
  ]);
}, 60_000);

/**
 * The TypeScript programs that tests start. Through tsx, Node needs half a second of a processor to start one; built,
 * it needs a third of that, and tests start hundreds.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where the programs of one run of the tests are. Without it, tsx runs them. */
const FOLDER = 'MCP_BACKCHANNEL_TEST_PROGRAMS';

/** What Node is given to run a program. Its packages stay modules of their own, which a preload may patch. */
export function programArgs(file: string | URL): string[] {
  const source = typeof file === 'string' ? file : fileURLToPath(file);
  const folder = process.env[FOLDER];
  if (folder === undefined) return ['--import', 'tsx', source];
  const built = join(folder, relative(ROOT, source)).replace(/\.ts$/, '.js');
  if (!existsSync(built)) build(source, built);
  return [built];
}

function build(source: string, built: string): void {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [source],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    write: false,
    logLevel: 'warning',
  });
  mkdirSync(dirname(built), { recursive: true });
  // Another file of tests may need it, too, and must not find half of it.
  const half = `${built}.${String(process.pid)}`;
  for (const { contents } of outputFiles) writeFileSync(half, contents);
  renameSync(half, built);
}

/** The global setup of a run. */
export default function setup(): () => void {
  // Inside the project, so that the programs find its packages.
  const folder = join(ROOT, '.tmp', `programs-${String(process.pid)}`);
  process.env[FOLDER] = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}

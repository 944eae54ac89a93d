/** The pages people read: short where they must be, and no link in them is dead, in the repository or in the tarball. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const DOCS = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const PAGES = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...DOCS];

it.each([
  ['README.md', 220, 16_384],
  ['CONTRIBUTING.md', Infinity, 6_144],
  ['SECURITY.md', Infinity, 6_144],
])('%s has at most %d lines and %d bytes', (file, maxLines, maxBytes) => {
  const text = read(file);
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(maxLines);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
});

/** As GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links to other files and headings, without those in code. */
function linksIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link).filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

function deadLinks(page: string, exists: (file: string) => boolean): string[] {
  return linksIn(read(page)).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : normalize(join(dirname(page), path));
    if (!exists(file)) return true;
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor);
  });
}

describe('every link resolves', () => {
  it.each(PAGES)('in %s', (page) => {
    expect(deadLinks(page, (file) => existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('every link resolves in the tarball', () => {
  let packed: Set<string>;

  beforeAll(async () => {
    const pack = ['pack', '--ignore-scripts', '--dry-run', '--json'];
    const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT });
    const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    packed = new Set(files.map(({ path }) => path));
  });

  it.each(PAGES)('in %s', (page) => {
    expect(packed).toContain(page);
    expect(deadLinks(page, (file) => packed.has(file))).toEqual([]);
  });
});

it('the evidence that the README explains is the evidence there is', () => {
  const [, union = ''] = /export type Evidence =\n(.*?);/s.exec(read('src/routing/route.ts')) ?? [];
  const evidence = Array.from(union.matchAll(/\| '([a-z-]+)'/g), ([, name]) => name);
  const [, table = ''] = /\n\| evidence .*?\n(.*?)\n\n/s.exec(read('README.md')) ?? [];
  const rows = Array.from(table.matchAll(/^\| `([a-z-]+)`/gm), ([, name]) => name);
  expect(evidence.length).toBeGreaterThan(5);
  expect(rows).toEqual(evidence);
});

it.each([
  ['docs/api.md', 'Errors'],
  ['docs/troubleshooting.md', 'Errors by code'],
])('the error codes that %s explains are the codes there are', (page, heading) => {
  const [, union = ''] = /export type BackchannelErrorCode =\n(.*?);/s.exec(read('src/errors.ts')) ?? [];
  const codes = Array.from(union.matchAll(/'([A-Z_]+)'/g), ([, name]) => name);
  const section = read(page)
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  const rows = Array.from((section ?? '').matchAll(/^\| `([A-Z_]+)`/gm), ([, name]) => name);
  expect(codes.length).toBeGreaterThan(5);
  expect([...new Set(rows)].sort()).toEqual([...codes].sort());
});

it('the variables of the preload that docs/preload.md explains are those there are', () => {
  const source = read('src/register/environment.ts').matchAll(/^ {2}(MCP_BACKCHANNEL_\w+):/gm);
  const rows = read('docs/preload.md').matchAll(/^\| `(MCP_BACKCHANNEL_\w+)`/gm);
  expect(Array.from(rows, ([, name]) => name)).toEqual(Array.from(source, ([, name]) => name));
});

it.each(PAGES)('%s is in plain words', (page) => {
  expect(read(page).match(/\b(?:mend(?:ed|ing|s)?|cure[ds]?|curing|besides?|of yours)\b/gi)).toBeNull();
});

it('no file of the source is longer than 250 lines', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const long = files.filter((name) => read(`src/${name}`).split('\n').length - 1 > 250);
  expect(files.length).toBeGreaterThan(50);
  expect(long).toEqual([]);
});

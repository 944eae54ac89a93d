/** What docs/compatibility.md says about the versions of the SDK. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { intoPage } from '../../../suites/versions/lib/kept.js';
import { OUTSIDE, SDK_VERSIONS } from '../../../suites/versions/lib/table.js';

const PAGE = fileURLToPath(new URL('../../../docs/compatibility.md', import.meta.url));

test('the page says what `npm run matrix` has found: a number put there by hand is noticed and replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
  try {
    const page = await readFile(PAGE, 'utf8');
    const copy = join(folder, 'compatibility.md');
    await writeFile(copy, page.replace(/✓ \d+/, '✓ 999'));
    expect(await intoPage(false, copy)).toBe(true);
    expect(await readFile(copy, 'utf8'), 'npm run matrix:page').toBe(page);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('of the versions of SDK 1.x that are run, the one outside the range of peers is marked, and no other', async () => {
  const { peerDependencies } = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  expect(peerDependencies['@modelcontextprotocol/sdk']).toBe('>=1.13 <1.25 || >=1.30 <2');
  const minors = SDK_VERSIONS.flatMap(({ name }) =>
    [...name.matchAll(/^1\.(\d+)\./g)].map(([, minor]) => ({ name, minor: Number(minor) })),
  );
  expect(minors.filter(({ minor }) => minor >= 25 && minor < 30).map(({ name }) => name)).toEqual([OUTSIDE]);
});

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('names the package to install where there is none', () => {
  const program = fileURLToPath(new URL('fixtures/without-ioredis.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--import', 'tsx', program], { encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual([
    'INVALID_OPTION',
    'a cluster on Redis needs the package ioredis: npm install ioredis',
  ]);
});

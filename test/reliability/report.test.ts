import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { page } from '../../reliability/lib/page.js';

test('docs/reliability.md is what the results say', async () => {
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'reliability/report.ts', '--check']);
});

test('what is not measured is named, with the command that measures it', () => {
  expect(page(new Map())).toContain('Not measured yet: `npm run soak` does.');
});

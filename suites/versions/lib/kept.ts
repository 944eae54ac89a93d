/** Keeps the results for each version of the SDK, and puts them into docs/compatibility.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intoMarkers } from '../../lib/markers.js';
import { keep, ROOT } from '../../lib/results.js';
import { page, wasRun, type MatrixRow, type NotRun } from './page.js';
import { SDK_VERSIONS } from './table.js';

export async function keptRows(): Promise<MatrixRow[]> {
  const text = await readFile(join(ROOT, 'docs/results/matrix.json'), 'utf8').catch(() => '{"rows":[]}');
  return (JSON.parse(text) as { readonly rows: readonly (MatrixRow | NotRun)[] }).rows.filter(wasRun);
}

/** @param rows the first one of each version is kept */
export async function keepRows(rows: readonly MatrixRow[]): Promise<void> {
  await keep('matrix', { rows: inOrder(rows) });
}

/**
 * @param isOnlyChecked nothing is written
 * @returns whether the page did not say so before
 */
export async function intoPage(isOnlyChecked = false, file = join(ROOT, 'docs/compatibility.md')): Promise<boolean> {
  return intoMarkers(file, { 'sdk-matrix': page(inOrder(await keptRows())) }, isOnlyChecked);
}

function inOrder(rows: readonly MatrixRow[]): (MatrixRow | NotRun)[] {
  return SDK_VERSIONS.map(({ name }) => rows.find((row) => row.name === name) ?? { name, version: name, without: [] });
}

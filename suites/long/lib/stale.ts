/** Tells whether the source has changed since a result was measured. */
import { execFileSync } from 'node:child_process';
import type { Json } from '../../lib/markdown.js';

/** What can be said against the commits that a result names, a line for each. */
export function staleness(name: string, result: Json, folder: string): string[] {
  return commitsOf(result).flatMap((commit) => {
    const what = changeSince(commit, folder);
    return what === undefined ? [] : [`${name}: ${what}`];
  });
}

/** Its own, and those of its parts. */
function commitsOf(result: Json): string[] {
  const parts = [result, ...Object.values(result).flatMap((value) => (Array.isArray(value) ? (value as Json[]) : []))];
  return [...new Set(parts.map(({ commit }) => commit).filter((commit) => typeof commit === 'string'))];
}

function changeSince(measuredAt: string, folder: string): string | undefined {
  const [commit = '', dirty] = measuredAt.split('-');
  if (dirty !== undefined) return `measured on changes to ${commit} that were not committed`;
  const diff = ['diff', '--quiet', commit, 'HEAD', '--', 'src'];
  try {
    execFileSync('git', diff, { cwd: folder, stdio: 'ignore' });
    return undefined;
  } catch (error) {
    const { status } = error as { readonly status: number | null };
    return status === 1 ? `src has changed since ${commit}` : `this clone does not know the commit ${commit}`;
  }
}

/** The command that shows a failure of a randomised test again: what a shell takes as it stands. */
export function commandOf(environment: Readonly<Record<string, string | number>>, words: readonly string[]): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(String(value))}`);
  return [...variables, ...words.map(quoted)].join(' ');
}

/** Runs one test of one file, and no other whose name merely contains its name. */
export function vitestOf(file: string, name: string): readonly string[] {
  return ['npx', 'vitest', 'run', file, '-t', `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`];
}

function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

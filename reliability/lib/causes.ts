/** The bugs that were found on the way: what the regression tests are called says what was wrong. */
import { table, type Json } from './markdown.js';

export interface Causes {
  readonly causes: readonly { readonly cause: string; readonly file: string }[];
}

/** A test, or one that is tried with several values; its name may stand on the next line, and need not be quoted with `'`. */
const TEST =
  /^(?:test|it)(?:\.each\((?:\[[^\]]*\]|[^)]*|[^(]*\([^)]*\)[^)]*)\)|\.each)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gms;

/** @param files the text of each, by its path */
export function causesOf(files: ReadonlyMap<string, string>): Causes {
  const found = [...files].flatMap(([file, text]) => {
    const tests = [...text.matchAll(TEST)].map(([, , cause = '']) => ({ cause: cause.replace(/\\(.)/g, '$1'), file }));
    const written = text.match(/^(?:test|it)\b/gm)?.length ?? 0;
    // A test that is not listed would be a bug that is not told of.
    if (tests.length !== written)
      throw new Error(`${file}: ${written} tests, but ${tests.length} of them have a name to read`);
    return tests;
  });
  return { causes: found };
}

export function causes(result: Json): string {
  const all = result['causes'] as Causes['causes'];
  const files = [...new Set(all.map(({ file }) => file))];
  const rows = files.map((file) => [
    `[${file.replace('test/regression/', '')}](../${file})`,
    all
      .filter((one) => one.file === file)
      .map(({ cause }) => cause.replaceAll('|', '\\|'))
      .join('; '),
  ]);
  return `${all.length} regression tests, each named after what was wrong, or what could have been. Those whose name says what \`was\` are bugs
that were found on the way; what a user could have met is in the [changelog](../CHANGELOG.md), with tests that stand beside the part
that was wrong, too.

${table(['where', 'tests'], rows)}`;
}

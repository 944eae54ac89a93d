import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** Texts by the name of the markers between which they go: `<!-- name:start -->` and `<!-- name:end -->`. */
export type Sections = Readonly<Record<string, string>>;

/**
 * Puts texts between the markers of a Markdown file.
 *
 * @param isOnlyChecked nothing is written
 * @returns whether the file did not say so before
 */
export async function intoMarkers(file: string, sections: Sections, isOnlyChecked = false): Promise<boolean> {
  const current = await readFile(file, 'utf8');
  let written = current;
  for (const [name, content] of Object.entries(sections)) written = between(file, written, name, content);
  // As the formatter wants it: it would find a table badly laid out otherwise.
  const updated = await format(written, { ...(await resolveConfig(import.meta.filename)), parser: 'markdown' });
  if (updated === current) return false;
  if (!isOnlyChecked) await writeFile(file, updated);
  return true;
}

function between(file: string, text: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [start, end] = [text.indexOf(opening), text.indexOf(closing)];
  if (start < 0 || end < start) throw new Error(`${file} must have ${opening} and, after it, ${closing}`);
  return `${text.slice(0, start + opening.length)}\n\n${content}\n\n${text.slice(end)}`;
}

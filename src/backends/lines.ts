import type { Readable } from 'node:stream';

/** A longer line is passed on in parts. */
const MAX_LINE = 65_536;

/** Decides where a long line may be cut: how much of the text may be passed on before the rest is known. */
export type Cut = (text: string) => number;

/**
 * Passes on each line of a text. We do not use `readline`, because it keeps a line of any length until the line ends.
 *
 * @param cut chooses where to split a long line, so that secrets stay whole
 */
export function forEachLine(input: Readable, tell: (line: string) => void, cut: Cut = (text) => text.length): void {
  let begun: string[] = [];
  let length = 0;
  const take = (): string => {
    const text = begun.join('');
    begun = [];
    length = 0;
    return text;
  };
  const keep = (part: string): void => {
    if (part !== '') begun.push(part);
    length += part.length;
  };
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      keep(line);
      tell(take().replace(/\r$/, ''));
    }
    keep(rest);
    if (length <= MAX_LINE) return;
    const line = take();
    const end = cut(line);
    if (end > 0) tell(line.slice(0, end));
    keep(line.slice(end));
  });
  input.on('end', () => {
    if (length > 0) tell(take());
  });
}

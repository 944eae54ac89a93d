import type { Readable } from 'node:stream';

/** A longer line is told in parts. */
const MAX_LINE = 65_536;

/** Tells each line of a text. Not `readline`, which keeps a line until it ends, however long it is. */
export function forEachLine(input: Readable, tell: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    for (; rest.length >= MAX_LINE; rest = rest.slice(MAX_LINE)) tell(rest.slice(0, MAX_LINE));
  });
  input.on('end', () => {
    if (rest !== '') tell(rest);
  });
}

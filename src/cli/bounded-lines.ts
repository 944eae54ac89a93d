/**
 * The lines of a text that comes in parts, without what ends them.
 *
 * @param max characters. `undefined` stands for a line that has more: it is not kept
 */
export async function* boundedLines(parts: AsyncIterable<string>, max: number): AsyncGenerator<string | undefined> {
  let [text, length] = ['', 0];
  const add = (part: string): void => {
    length += part.length;
    text = length > max ? '' : text + part;
  };
  const taken = (): string | undefined => {
    const line = length > max ? undefined : text.replace(/\r$/, '');
    [text, length] = ['', 0];
    return line;
  };
  for await (const part of parts) {
    let from = 0;
    for (let to = part.indexOf('\n'); to !== -1; to = part.indexOf('\n', from)) {
      add(part.slice(from, to));
      yield taken();
      from = to + 1;
    }
    add(part.slice(from));
  }
  if (length > 0) yield taken();
}

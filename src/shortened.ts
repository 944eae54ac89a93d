/** A text, cut to `max` characters. Hide secrets first: the beginning of one would not be found. */
export function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

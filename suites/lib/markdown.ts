/** A result, as it was read. */
export type Json = Readonly<Record<string, unknown>>;

export function at(value: unknown, key: string): unknown {
  return (value as Json | undefined)?.[key];
}

/** A number as people read it; anything else as its text. */
export function n(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : String(value);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

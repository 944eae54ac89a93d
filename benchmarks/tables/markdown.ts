type Cells = readonly string[];

export function markdownTable(head: Cells, rows: readonly Cells[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** With its spread: a median alone does not say how far it is to be believed. */
export function spread({ median, min, max }: { median: number; min: number; max: number }): string {
  return min === max ? digits(median) : `${digits(median)} (${digits(min)}–${digits(max)})`;
}

export function interval({ ratio, low, high }: { ratio: number; low: number; high: number }): string {
  return `${ratio.toFixed(3)} × (${low.toFixed(3)}–${high.toFixed(3)})`;
}

export function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function many(value: number): string {
  return value.toLocaleString('en');
}

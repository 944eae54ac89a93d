/** What SECURITY.md says of its own tests. */
export interface Security {
  readonly threats: number;
  /** That its rows name, each once. */
  readonly files: readonly string[];
}

export function securityOf(text: string): Security {
  const [, table = ''] = text.split('<!-- threats -->');
  const [, , ...rows] = table.split('\n').filter((line) => line.startsWith('|'));
  const files = [...rows.join('\n').matchAll(/`(test\/[^`]+?) › /g)].map(([, file = '']) => file);
  return { threats: rows.length, files: [...new Set(files)].sort() };
}

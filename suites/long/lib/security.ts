/** What the threat model says about its own tests. */
export interface Security {
  readonly threats: number;
  /** The test files that its sections name, each once. */
  readonly files: readonly string[];
}

/** The sections of docs/threat-model.md, one for each threat. */
export function threatsIn(text: string): string[] {
  const [, threats = ''] = text.split('<!-- threats -->');
  return threats.split(/^## /m).slice(1);
}

export function securityOf(text: string): Security {
  const threats = threatsIn(text);
  const files = [...threats.join('\n').matchAll(/`(test\/[^`]+?) › /g)].map(([, file = '']) => file);
  return { threats: threats.length, files: [...new Set(files)].sort() };
}

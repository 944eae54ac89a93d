/** A program in a Markdown text, and what it prints. */
export interface Example {
  readonly code: string;
  readonly output: string;
}

/**
 * The example that the comment `<!-- example:name -->` marks: the next ```` ```js ```` block, and the
 * ```` ```text ```` block that follows it.
 *
 * @throws Error if one of the three is missing, or if something else comes between
 */
export function exampleIn(markdown: string, name: string): Example {
  const marker = `<!-- example:${name} -->`;
  const start = markdown.indexOf(marker);
  if (start === -1) throw new Error(`there is no ${marker}`);
  const [code, output] = blocksOf(markdown.slice(start + marker.length));
  if (code?.language !== 'js') throw new Error(`no \`\`\`js block follows ${marker}`);
  if (output?.language !== 'text') throw new Error(`no \`\`\`text block follows the code of ${marker}`);
  return { code: code.body, output: output.body };
}

function blocksOf(markdown: string): { language: string; body: string }[] {
  return Array.from(markdown.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms), ([, language = '', body = '']) => ({
    language,
    body,
  }));
}

import { describe, expect, it } from 'vitest';
import { exampleIn } from './readme-example.js';

const README = [
  '# Title',
  '```js',
  'not this one',
  '```',
  '<!-- example:quickstart -->',
  '',
  '```js',
  "console.log('a');",
  '',
  "console.log('b');",
  '```',
  '',
  'It prints:',
  '',
  '```text',
  'a',
  'b',
  '```',
  '',
  '<!-- example:silent -->',
  '```js',
  '1;',
  '```',
  '```sh',
  'ls',
  '```',
].join('\n');

describe('exampleIn', () => {
  it('finds the code after the marker, and the output after the code', () => {
    const { code, output } = exampleIn(README, 'quickstart');
    expect(code).toBe("console.log('a');\n\nconsole.log('b');\n");
    expect(output).toBe('a\nb\n');
  });

  it('says what is missing', () => {
    expect(() => exampleIn(README, 'nonsense')).toThrow('there is no <!-- example:nonsense -->');
    expect(() => exampleIn(README, 'silent')).toThrow('no ```text block');
    expect(() => exampleIn('<!-- example:x -->\n```text\n```', 'x')).toThrow('no ```js block');
  });
});

/** A secret stands where a long line of a server's stderr is cut. */
import { afterEach, expect, it } from 'vitest';
import { Started } from '../../cli/support.js';

const started = new Started();
afterEach(async () => started.end());

/** What a server shows that prints this, the expression of a text, to its stderr. */
async function shownOf(secret: string, printed: string): Promise<string> {
  // It stays: of a server that has ended, what it wrote is read for a moment only.
  const script = `process.stdin.resume(); const secret = process.env.PASSWORD; process.stderr.write(${printed} + '\\nend of it\\n')`;
  const command = started.command(['--stdio', '--env', `PASSWORD=${secret}`, '--', process.execPath, '-e', script]);
  command.process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n');
  await command.line(/end of it/);
  return command.stderr
    .filter((line) => line.startsWith('[node '))
    .map((line) => line.replace(/^\[node \d+\] /, ''))
    .join('');
}

it.each(['12345678', 'correct-horse-"battery"-staple', 'aaaaaaaaaaaaaaaa', 'abcabcabcabcabc', 'x'.repeat(5_000)])(
  '64 no part of it is shown, wherever the line is cut: %s',
  async (secret) => {
    const shown = await shownOf(secret, "(secret + '.').repeat(Math.ceil(300_000 / secret.length))");
    expect(shown.replaceAll('***.', '')).toBe('end of it');
  },
  30_000,
);

it('64 nor where it is written as JSON', async () => {
  const shown = await shownOf('new\tline-"quoted"', 'JSON.stringify(Array(20_000).fill(secret))');
  expect(shown.replaceAll('"***",', '')).toBe('["***"]end of it');
});

it('64 one that is longer than what is told at once is hidden, too', async () => {
  const secret = Array.from({ length: 9_000 }, (_, at) => `part-${at}`).join('-');
  expect(await shownOf(secret, "'before ' + secret + ' after ' + secret")).toBe('before *** after ***end of it');
});

it('64 what only begins like it is shown whole', async () => {
  const shown = await shownOf('secret-secret-key', "'secret-'.repeat(50_000)");
  expect(shown).toBe(`${'secret-'.repeat(50_000)}end of it`);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';

/** What a row says, without the times: they are measured, not promised. */
const ROW =
  /^(.+?)\s{2,}(\S.*?)\s+[\d.]+ m?s {2}(\S.*?)\s+[\d.]+ m?s {2}(own POST each|own POST|a live POST|the next POST|GET|none)\s+(\S.*)$/;

let code: unknown;
let output: string;

beforeAll(async () => {
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo/main.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  output = await text(child.stdout);
  code = child.exitCode ?? ((await once(child, 'exit')) as unknown[])[0];
}, 60_000);

function rowsOf(backend: RegExp): string[][] {
  const lines = output.split('\n');
  const first = lines.findIndex((line) => backend.test(line)) + 3;
  const after = lines.indexOf('', first);
  return lines.slice(first, after).map((line) => ROW.exec(line)?.slice(1) ?? [line]);
}

describe('the demo', () => {
  it('exits with 0, since every wrapped row passed', () => {
    expect(output).toContain('Every wrapped row passed.');
    expect(code).toBe(0);
  });

  it('shows the hang and its fix in front of a backend over stdio', () => {
    expect(rowsOf(/server-everything over stdio$/)).toEqual([
      ['first elicitation', 'hang', 'ok', 'own POST', 'sole'],
      ['second, same session', 'hang', 'ok', 'own POST', 'sole'],
      ['sampling', 'hang', 'ok', 'own POST', 'sole'],
      ['roots', 'hang', 'ok', 'own POST', 'sole'],
      ['progress', 'lost', 'ok', 'own POST', 'progress-token'],
      ['log', 'lost', 'ok', 'own POST', 'sole'],
      // The first or the last of them may find itself alone.
      ['eight elicit at once', 'hang 0 of 8', 'ok 8 of 8', 'a live POST', expect.stringMatching(/last-inbound/)],
    ]);
  });

  it('shows the hang and its fix in front of a backend over Streamable HTTP', () => {
    expect(rowsOf(/our backend over Streamable HTTP$/)).toEqual([
      ['first elicitation', 'hang', 'ok', 'own POST', 'context'],
      ['second, same session', 'hang', 'ok', 'own POST', 'context'],
      ['sampling', 'hang', 'ok', 'own POST', 'context'],
      ['roots', 'hang', 'ok', 'own POST', 'context'],
      ['progress', 'lost', 'ok', 'own POST', 'progress-token'],
      ['log', 'lost', 'ok', 'own POST', 'context'],
      ['eight elicit at once', 'hang 0 of 8', 'ok 8 of 8', 'own POST each', 'context'],
    ]);
  });

  it('shows what becomes of questions when streams come and go', () => {
    expect(rowsOf(/^streams that come and go/)).toEqual([
      ['POST dropped', 'hang', 'ok an error', 'none', 'PARK_TIMEOUT'],
      ['dropped, GET open', 'ok', 'ok', 'GET', 'nothing-in-flight'],
      ['dropped, a call runs', 'hang', 'ok an error', 'none', 'PARK_TIMEOUT'],
      ['no call, GET later', 'hang', 'ok', 'GET', 'nothing-in-flight'],
      ['client gone for good', 'hang', 'ok an error', 'a live POST', 'ORPHANED'],
      ['tools change, no GET', 'lost', 'ok', 'the next POST', 'scope'],
    ]);
    expect(rowsOf(/^answers in JSON/)).toEqual([
      ['GET open', 'ok', 'ok', 'GET', 'nothing-in-flight'],
      ['GET never opened', 'hang', 'ok an error', 'none', 'PARK_TIMEOUT'],
    ]);
  });

  it('shows that a modern client is asked by a server that could not ask it', () => {
    const lines = output.split('\n');
    const first = lines.findIndex((line) => line.startsWith('a client of revision 2026-07-28')) + 3;
    expect(lines.slice(first, lines.indexOf('', first)).map((line) => line.split(/\s{2,}/))).toEqual([
      ['elicitation', 'refused', 'ok'],
      ['sampling', 'refused', 'ok'],
      ['roots', 'refused', 'ok'],
    ]);
  });

  it('writes no escape codes into a pipe, and fits in 100 columns', () => {
    // eslint-disable-next-line no-control-regex -- that is what it looks for
    expect(output).not.toMatch(/\u001b/);
    expect(output.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});

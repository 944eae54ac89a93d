/** What the doctor takes, what it prints, and how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/doctor/report.js';
import { ALL } from '../../src/doctor/situations.js';
import { backendOverHttp, CLI, doctor } from './support.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe.concurrent('mcp-backchannel doctor', () => {
  it.each([
    [[], /nothing to try: give --proxy COMMAND or --url URL/],
    [['--bogus'], /'--bogus'/],
    [['--url', 'ftp://x'], /--url must be an http or https URL/],
    [['--url', 'http://x:{port}/'], /\{port\} in --url has no meaning without --proxy/],
    [['--url', 'http://x/mcp', '--path', '/mcp'], /--path has no meaning with --url/],
    [['--proxy', 'node proxy.js'], /--proxy needs \{port\}/],
    [['--url', 'http://x/mcp', '--timeout', 'soon'], /--timeout must be a duration like 5s, not 'soon'/],
    [['--url', 'http://x/mcp', '--header', 'secret'], /--header must be 'name: value'/],
    [['backend', '--port', '1'], /backend takes no option but --http/],
  ])('refuses %j in one line, with exit code 2', async (args, reason) => {
    const { code, stdout, stderr } = await doctor(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^mcp-backchannel doctor: .+\n$/);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('secret');
  });

  it('prints help of 80 columns, which docs/doctor.md has, too', async () => {
    const { code, stdout } = await doctor('--help');
    expect(code).toBe(0);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    const page = await readFile(join(ROOT, 'docs/doctor.md'), 'utf8');
    const flags = (text: string): string[] => (text.match(/(?<![\w-])--[a-z-]{3,}/g) ?? []).sort();
    const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
    const options = /^ {2}--proxy.*?(?=\n\n)/ms.exec(stdout)?.[0] ?? '';
    const own = options.split('\n').flatMap((line) => /^ {2}(?:-h, )?(--[a-z]+)/.exec(line)?.[1] ?? []);
    expect(own.length).toBeGreaterThan(5);
    expect(flags(rows.map((row) => row.split('|')[1]).join(' '))).toEqual(
      own.filter((flag) => flag !== '--help').sort(),
    );
  });

  it('says what the proxy said last, with exit code 2, when it ends before it listens', async () => {
    const failing = `node -e "console.error('no such backend'); process.exit(3)" {port}`;
    const { code, stdout, stderr } = await doctor('--proxy', failing);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /the proxy ended before it listened at http:\/\/127\.0\.0\.1:\d+\nIt said:\n {2}no such backend\n$/,
    );
  });

  it('takes no other program for the proxy', async ({ onTestFinished }) => {
    const backend = await backendOverHttp();
    onTestFinished(async () => backend.close());
    const { code, stderr } = await doctor('--url', backend.url, '--proxy', 'node --version');
    expect(code).toBe(2);
    expect(stderr).toMatch(/another program listens at http:\/\/127\.0\.0\.1:\d+ already\n$/);
  });

  it('ends the proxy when it is ended itself', async ({ expect }) => {
    const child = spawn(process.execPath, [CLI, 'doctor', '--proxy', 'node dist/cli.js --port {port} -- {backend}'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const [url = ''] = line.split(',');
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toEqual([143, null]);
    const codeOf = (error: unknown): unknown => (error as { readonly cause?: { readonly code?: string } }).cause?.code;
    await expect.poll(async () => fetch(url).catch(codeOf)).toBe('ECONNREFUSED');
  });

  it('says so, with exit code 2, when nobody listens at the URL', async () => {
    const { code, stderr } = await doctor('--url', 'http://127.0.0.1:1/mcp');
    expect(code).toBe(2);
    expect(stderr).toMatch(/nobody listens at the URL: connect ECONNREFUSED/);
  });

  it.each([
    [401, /HTTP 401: no\. It may need a credential: give it by --header\n/],
    [404, /HTTP 404: no\. Its endpoint may be elsewhere: give it by --path, or in the --url\. Or add --sse/],
  ])('gives up soon, and says what may be missing, when a proxy that it starts answers %i', async (status, reason) => {
    const serve = `require('http').createServer((_, answer) => answer.writeHead(${String(status)}).end('no')).listen({port}, '127.0.0.1')`;
    const { code, stderr } = await doctor('--proxy', `node -e "${serve}"`);
    expect(stderr).toMatch(/^mcp-backchannel doctor: starting the proxy…\n/);
    expect(stderr).toMatch(reason);
    expect(code).toBe(2);
  });

  it('prints no credential of a URL, and runs a backend whose stdin is no pipe', async ({ onTestFinished }) => {
    const backend = spawn(process.execPath, [CLI, 'doctor', 'backend', '--http'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void backend.kill());
    const [at] = (await once(createInterface({ input: backend.stdout }), 'line')) as [string];
    const url = new URL(`${at}?token=abc&x=1`);
    url.username = 'user';
    url.password = 's3cret';
    const [told, json] = await Promise.all([doctor('--url', url.href), doctor('--url', url.href, '--json')]);
    const shown = `http://***@${url.host}/mcp?token=***&x=***`;
    expect(told.stdout.split('\n')[0]).toBe(`${shown}, Streamable HTTP`);
    expect((JSON.parse(json.stdout) as Report).url).toBe(shown);
    expect(JSON.stringify([told, json])).not.toMatch(/s3cret|abc/);
    expect([told.code, json.code]).toEqual([0, 0]);
  }, 60_000);

  it('prints one screen, and the same as JSON', async ({ onTestFinished }) => {
    const backend = await backendOverHttp();
    onTestFinished(async () => backend.close());
    const [told, json] = await Promise.all([doctor('--url', backend.url), doctor('--url', backend.url, '--json')]);

    const lines = told.stdout.split('\n');
    expect(lines.length).toBeLessThanOrEqual(41);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);

    const report = JSON.parse(json.stdout) as Report;
    expect(report).toMatchObject({ url: backend.url, wire: 'streamable-http', timeoutMs: 5_000 });
    expect(report.situations.map(({ id }) => id)).toEqual(ALL.map(({ id }) => id));
    const rows = report.situations.map(({ verdict, title }) => `  ${verdict.padEnd(12)} ${title}`);
    for (const [index, row] of rows.entries()) expect(lines[index + 3]).toContain(row);
    // A server without a proxy in front of it: a question with no call in flight and no GET stream is refused.
    expect(report.situations.filter(({ verdict }) => verdict !== 'works')).toEqual([]);
    expect(report.situations.find(({ id }) => id === 'late-get')?.detail).toMatch(/^the backend was told: .* holds no/);
    expect([told.code, json.code, report.ok, report.advice]).toEqual([0, 0, true, []]);
    expect(told.stdout).toMatch(/Nothing to do\.\n$/);
  }, 60_000);
});

/** The proxy under test as a process: what its command is told, and how it ends and is started again. */
import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Launched, type Places } from '../../src/doctor/launch.js';
import { freePort } from '../../src/doctor/free-port.js';

let folder: string;
const launched: Launched[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-launch-'));
});
afterEach(async () => {
  for (const one of launched.splice(0)) await one.close();
  await rm(folder, { recursive: true });
});

function launch(template: string, places: Partial<Places> = {}): Launched {
  const one = new Launched(template, { port: 1, backend: ['node'], backendUrl: 'http://127.0.0.1:1/mcp', ...places });
  launched.push(one);
  return one;
}

/** Writes what it is given as JSON, and says that it has. */
const WRITE = `require('fs').writeFileSync('given', JSON.stringify(process.argv.slice(1)))`;

async function given(template: string, places: Partial<Places>): Promise<string[]> {
  const url = new URL(`http://127.0.0.1:${String(await freePort())}`);
  const one = launch(`cd '${folder}' && '${process.execPath}' -e "${WRITE}" ${template}`, places);
  await expect(one.listening(url)).rejects.toThrow('ended before it listened');
  return JSON.parse(await readFile(join(folder, 'given'), 'utf8')) as string[];
}

const BACKEND = ['/a folder/node', "it's.js", '$HOME'] as const;

it('gives the command of the backend word by word, whatever is in them', async () => {
  const words = await given('x --port {port} --url {backend-url} -- {backend}', { port: 7, backend: [...BACKEND] });
  expect(words).toEqual(['x', '--port', '7', '--url', 'http://127.0.0.1:1/mcp', '--', ...BACKEND]);
});

it('gives it as one word in quotes, which a shell takes apart again', async () => {
  const [command = ''] = await given('"{backend}"', { backend: ['printf', '%s|', '/a folder/x', 'y'] });
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe('/a folder/x|y|');
});

it('gives a file that names the backend, and takes it away in the end', async () => {
  const url = new URL(`http://127.0.0.1:${String(await freePort())}`);
  const print = `const [, file] = process.argv; console.log(file); console.log(require('fs').readFileSync(file, 'utf8'))`;
  const one = launch(`node -e "${print}" {config}`);
  await expect(one.listening(url)).rejects.toThrow('{"mcpServers":{"doctor":{"command":"node","args":[]}}}');
  const [, file = ''] = /^ {2}(\S*config\.json)$/m.exec(one.lastWords) ?? [];
  await access(file);
  await one.close();
  await expect(access(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('is started again after it has ended, and says why it has', async () => {
  const port = await freePort();
  const url = new URL(`http://127.0.0.1:${String(port)}`);
  const serve = `require('http').createServer(({ url }, answer) => {
    if (url !== '/die') return answer.end();
    console.error('TypeError: it died');
    process.exit(1);
  }).listen({port}, '127.0.0.1')`;
  const one = launch(`node -e "${serve.replaceAll('\n', ' ')}"`, { port });
  await one.listening(url);
  expect(await one.revive(url)).toBeUndefined();

  await expect(fetch(new URL('/die', url))).rejects.toThrow();
  await expect.poll(async () => one.revive(url)).toBe(': TypeError: it died');
  expect((await fetch(url)).status).toBe(200);

  await one.close();
  await expect(fetch(url)).rejects.toThrow();
});

const addresses = await lookup('localhost', { all: true });

it.runIf(addresses.some(({ address }) => address === '::1'))(
  'is found where localhost is another address than 127.0.0.1',
  async () => {
    const port = await freePort();
    const one = launch(`node -e "require('http').createServer((_, answer) => answer.end()).listen({port}, '::1')"`, {
      port,
    });
    const url = await one.listening(new URL(`http://127.0.0.1:${String(port)}/mcp`));
    expect(url.href).toBe(`http://localhost:${String(port)}/mcp`);
    expect((await fetch(url)).status).toBe(200);
  },
);

it('is ended with all that it has started', async () => {
  const port = await freePort();
  const url = new URL(`http://127.0.0.1:${String(port)}`);
  const server = `process.on('SIGTERM', () => {}); require('http').createServer((_, answer) => answer.end()).listen({port}, '127.0.0.1')`;
  const one = launch(`trap '' TERM; node -e "${server}" & node -e "setInterval(() => {}, 1000)"; wait`, { port });
  await one.listening(url);
  await one.close();
  await expect
    .poll(async () =>
      fetch(url).then(
        ({ status }) => status,
        () => 'gone',
      ),
    )
    .toBe('gone');
});

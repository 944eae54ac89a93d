/** Without a token, nobody sees the live page through a reverse proxy on this machine, however little that says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MIRROR, Started } from '../cli/support.js';
import { dataOf, get, LiveReader, serveLive } from './live-server.js';
import { Story } from './records.js';

const started = new Started();
afterEach(async () => started.end());

const NGINX = '/usr/sbin/nginx';
const HAPROXY = '/usr/sbin/haproxy';

const nginx = (more: string) => (folder: string, port: number, to: number) => `
  daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/log;
  events {}
  http {
    access_log off;
    client_body_temp_path ${folder}/1; proxy_temp_path ${folder}/2; fastcgi_temp_path ${folder}/3;
    uwsgi_temp_path ${folder}/4; scgi_temp_path ${folder}/5;
    server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${to}; ${more} } }
  }
`;

const haproxy = (_folder: string, port: number, to: number): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${to}
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** @returns its address, when it answers */
async function reverseProxy(program: string, configOf: typeof haproxy, to: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reverse-'));
  const port = await freePort();
  const file = join(folder, 'conf');
  await writeFile(file, configOf(folder, port, to));
  const process = spawn(program, program === NGINX ? ['-p', folder, '-c', file] : ['-f', file], { stdio: 'ignore' });
  const exit = once(process, 'exit');
  started.add({
    async close() {
      process.kill('SIGTERM');
      await exit;
      await rm(folder, { recursive: true });
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      async () =>
        fetch(url).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0);
  return url;
}

describe.each([
  ['nginx', NGINX, nginx('')],
  ['nginx that speaks HTTP/1.1', NGINX, nginx('proxy_http_version 1.1; proxy_set_header Connection "";')],
  ['HAProxy', HAPROXY, haproxy],
])('%s', (_name, program, configOf) => {
  it.skipIf(!existsSync(program))(
    `opens it to nobody${existsSync(program) ? '' : ` (skipped: there is no ${program})`}`,
    async () => {
      const { port, url } = await serveLive(started);
      const through = await reverseProxy(program, configOf, port);
      expect((await get(`${url}/live`)).statusCode).toBe(200);
      for (const path of ['/live', '/live/events']) {
        // Under the name that it would have on this machine.
        const { statusCode } = await get(through + path, { host: `127.0.0.1:${port}` });
        expect([path, statusCode]).toEqual([path, 403]);
      }
    },
  );
});

it.skipIf(!existsSync(NGINX))(
  `nginx passes each event on at once, with a token${existsSync(NGINX) ? '' : ` (skipped: there is no ${NGINX})`}`,
  async () => {
    const { port, page } = await serveLive(started, { token: 'a-token-of-ours' });
    const through = await reverseProxy(NGINX, nginx(''), port);
    const reader = await LiveReader.open(through, started, { authorization: 'Bearer a-token-of-ours' });
    expect(dataOf(await reader.next())).toMatchObject({ name: 'a-server' });
    for (const record of new Story('1').call(0, 1).records) page.add(record);
    expect(dataOf(await reader.next())).toMatchObject({ kind: 'call' });
  },
);

it('a request that is refused says why, and what to do', async () => {
  const { url, port } = await serveLive(started);
  const textOf = async (headers: Record<string, string>): Promise<string> =>
    (await fetch(`${url}/live`, { headers })).text();
  expect(await textOf({ via: '1.1 proxy' })).toContain('has come through a proxy, which added via');
  const text = await textOf({ 'x-forwarded-for': '198.51.100.7' });
  for (const part of ['added x-forwarded-for', '--token', `ssh -L ${port}:127.0.0.1:${port}`])
    expect(text).toContain(part);
  expect((await get(`${url}/live`, { connection: 'close' })).statusCode).toBe(403);
});

it.each([
  ['--allowed-host', 'proxy.example.com'],
  ['--host', '0.0.0.0'],
])('the command with %s says at its start who cannot open it', async (...option) => {
  const { command } = await started.endpoint(['--live', ...option, ...MIRROR]);
  await command.line(/warning: without a --token, \/live opens only in a browser on this machine, and not through a/);
});

it('the command on this machine, or with a token, has nothing to warn of', async () => {
  for (const more of [[], ['--token', 'a-token-of-ours', '--allowed-host', 'proxy.example.com']]) {
    const { command } = await started.endpoint(['--live', ...more, ...MIRROR]);
    await command.line(/shows what happens/);
    expect(command.stderr.join()).not.toContain('warning');
  }
});

/** Proxies with no place for a transport, as they come from npm: the preload, and nothing else, is added. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, it } from 'vitest';
import { Program } from '../../../test/support/program.js';
import { freePort } from '../../../src/doctor/free-port.js';
import { expectWorks, expectHang, Opened } from './support.js';
import { BACKEND_COMMAND } from './upstream.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

function run(
  file: string,
  preload: boolean,
  options: Omit<ConstructorParameters<typeof Program>[1], 'preload'>,
): Program {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const program = new Program(path, { ...options, preload });
  opened.add(async () => program.stop());
  return program;
}

const { command, args } = BACKEND_COMMAND;

interface Started {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const PROGRAMS: Readonly<Record<string, (preload: boolean) => Promise<Started>>> = {
  'supergateway 3.4.3 --stateful': async (preload) => {
    const port = await freePort();
    const stdio = [command, ...args].join(' ');
    const program = run('../node_modules/supergateway/dist/index.js', preload, {
      args: ['--stdio', stdio, '--outputTransport', 'streamableHttp', '--stateful', '--port', String(port)],
    });
    await program.line(/StreamableHttp endpoint/);
    return { url: `http://127.0.0.1:${port}/mcp` };
  },
  'the server of inspector 1.x': async (preload) => {
    const port = await freePort();
    const program = run('../node_modules/@modelcontextprotocol/inspector/server/build/index.js', preload, {
      env: { SERVER_PORT: String(port), HOST: '127.0.0.1', MCP_PROXY_AUTH_TOKEN: 'token' },
    });
    await program.line(/listening on/);
    const query = new URLSearchParams({ transportType: 'stdio', command, args: args.join(' ') });
    return {
      url: `http://127.0.0.1:${port}/mcp?${String(query)}`,
      headers: { 'x-mcp-proxy-auth': 'Bearer token' },
    };
  },
  // Its own copy of the Node transport is bundled with it, around SDK 2.x's web-standard one, which is not.
  'startHTTPServer() of mcp-proxy 6.x': async (preload) => {
    const port = await freePort();
    const program = run('fixtures/bare-mcp-proxy.ts', preload, {
      args: [String(port)],
      env: { NODE_OPTIONS: '--import tsx' },
    });
    await program.line(/listening/);
    return { url: `http://127.0.0.1:${port}/mcp` };
  },
};

describe.each(Object.entries(PROGRAMS))('%s, with GET never opened', (_name, start) => {
  it('drops the question of its backend, and the call hangs, when it runs by itself', async () => {
    const { url, headers } = await start(false);
    await expectHang(await opened.client(url, headers));
  });

  it('asks each question on the stream of its call with the preload', async () => {
    const { url, headers } = await start(true);
    await expectWorks(await opened.client(url, headers));
  });
});

/** Who is measured, and how each is started. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Wire } from './results.js';

/** What a proxy is put in front of. */
export type Backend =
  | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: 'http'; readonly url: string };

/** What it takes to start one. */
interface Place {
  readonly port: number;
  readonly backend: Backend;
  /** A folder of its own. */
  readonly folder: string;
}

interface Launch {
  /** For `node`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** With the query, where there is one. */
  readonly path?: string;
  /** What every request to it has to bring. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly isOurs: boolean;
  /** A proxy of somebody else. The floor is none. */
  readonly isPeer: boolean;
  readonly upstream: Backend['kind'];
  /** What it speaks with its clients. */
  readonly wire: Wire;
  /** Measured for what it does only, not for what it costs. */
  readonly isBehaviourOnly: boolean;
  readonly launch: (place: Place) => Launch;
  /** The name of a tool of the backend with it. */
  readonly toolName: (tool: string) => string;
}

type Kind = Backend['kind'];

const INSPECTOR_TOKEN = 'benchmark';

export const CONTESTANTS: readonly Contestant[] = [
  ours('mcp-backchannel', 'stdio'),
  ours('mcp-backchannel', 'http'),
  oursOverStdio(),
  { ...ours('mcp-backchannel --serialize', 'stdio', ['--serialize']), isBehaviourOnly: true },
  peer('mcp-proxy', 'mcp-proxy-5', 'stdio', mcpProxy()),
  peer('mcp-proxy', 'mcp-proxy-6', 'stdio', mcpProxy('--')),
  peer('supergateway --stateful', 'supergateway-3', 'stdio', supergateway),
  peer('supergateway --stateful', 'supergateway-4', 'stdio', supergateway),
  peer('inspector', '@modelcontextprotocol/inspector-server', 'stdio', inspector),
  peer('inspector', '@modelcontextprotocol/inspector-server', 'http', inspector),
  hub('stdio'),
  hub('http'),
  remote(),
  {
    ...contestant('byte-level reverse proxy', process.version, 'http'),
    launch: ({ port, backend }) => ({ args: [here('floor.js'), String(port), urlOf(backend)] }),
  },
];

function contestant(name: string, version: string, upstream: Kind): Omit<Contestant, 'launch'> {
  return {
    name,
    version,
    upstream,
    isOurs: false,
    isPeer: false,
    wire: 'streamable-http',
    isBehaviourOnly: false,
    toolName: (tool) => tool,
  };
}

function ours(name: string, upstream: Kind, options: readonly string[] = []): Contestant {
  return {
    ...contestant(name, versionIn('../../package.json'), upstream),
    isOurs: true,
    launch: ({ port, backend }) => {
      const what = backend.kind === 'stdio' ? ['--', backend.command, ...backend.args] : ['--url', backend.url];
      return { args: [here('../../dist/cli.js'), '--port', String(port), ...options, ...what] };
    },
  };
}

/** For one local client, as mcp-remote is. */
function oursOverStdio(): Contestant {
  return {
    ...ours('mcp-backchannel --stdio', 'http'),
    wire: 'stdio',
    launch: ({ backend }) => ({ args: [here('../../dist/cli.js'), '--stdio', '--url', urlOf(backend)] }),
  };
}

/** One that comes from npm, in the folder of this name. */
function peer(
  name: string,
  folder: string,
  upstream: Kind,
  launch: (main: string, place: Place) => Launch,
): Contestant {
  const manifest = `node_modules/${folder}/package.json`;
  return {
    ...contestant(name, versionIn(manifest), upstream),
    isPeer: true,
    launch: (place) => launch(here(`node_modules/${folder}/${mainOf(manifest)}`), place),
  };
}

/** @param before what sets the command off from the options */
function mcpProxy(...before: readonly string[]): (main: string, place: Place) => Launch {
  return (main, { port, backend }) => {
    const { command, args } = stdioOf(backend);
    return { args: [main, '--port', String(port), '--server', 'stream', ...before, command, ...args] };
  };
}

/** Its logs of every message are turned off: they would cost it more than they cost the others. */
function supergateway(main: string, { port, backend }: Place): Launch {
  const { command, args } = stdioOf(backend);
  const stdio = [command, ...args].map((word) => `"${word}"`).join(' ');
  const output = ['--outputTransport', 'streamableHttp', '--stateful', '--logLevel', 'none'];
  return { args: [main, '--stdio', stdio, '--port', String(port), ...output] };
}

function inspector(main: string, { port, backend }: Place): Launch {
  const query =
    backend.kind === 'stdio'
      ? { transportType: 'stdio', command: backend.command, args: backend.args.join(' ') }
      : { transportType: 'streamable-http', url: backend.url };
  return {
    args: [main],
    env: { SERVER_PORT: String(port), MCP_PROXY_AUTH_TOKEN: INSPECTOR_TOKEN },
    path: `/mcp?${String(new URLSearchParams(query))}`,
    headers: { 'x-mcp-proxy-auth': `Bearer ${INSPECTOR_TOKEN}` },
  };
}

function hub(upstream: Kind): Contestant {
  return {
    ...peer('mcp-hub', 'mcp-hub', upstream, (main, { port, backend, folder }) => {
      const { kind: _kind, ...server } = backend;
      const config = join(folder, 'mcp-hub.json');
      writeFileSync(config, JSON.stringify({ mcpServers: { backend: server } }));
      const folders = { XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder, XDG_STATE_HOME: folder };
      return { args: [main, '--port', String(port), '--config', config], env: folders };
    }),
    wire: 'sse',
    toolName: (tool) => `backend__${tool}`,
  };
}

/**
 * The backend asks for no credentials, so it opens no browser. It would log every message; what it keeps goes to the
 * folder.
 */
function remote(): Contestant {
  return {
    ...peer('mcp-remote', 'mcp-remote', 'http', (main, { backend, folder }) => ({
      args: [main, urlOf(backend), '--silent'],
      env: { MCP_REMOTE_CONFIG_DIR: folder },
    })),
    wire: 'stdio',
  };
}

function stdioOf(backend: Backend): Extract<Backend, { kind: 'stdio' }> {
  if (backend.kind !== 'stdio') throw new Error('it serves commands only');
  return backend;
}

function urlOf(backend: Backend): string {
  if (backend.kind !== 'http') throw new Error('it serves URLs only');
  return backend.url;
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
}

function manifestIn(path: string): Manifest {
  return JSON.parse(readFileSync(here(path), 'utf8')) as Manifest;
}

function versionIn(path: string): string {
  return manifestIn(path).version;
}

function mainOf(manifest: string): string {
  const [main] = Object.values(manifestIn(manifest).bin);
  if (main === undefined) throw new Error(`${manifest} names no program`);
  return main;
}

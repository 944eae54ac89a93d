/**
 * What every process of a stdio server loads first, by `NODE_OPTIONS=--require=…/preload.cjs`. It waits for the module
 * of the SDK that holds the stdio server transport, and has `stamping.js` patch the class. Nothing else of ours is loaded
 * before that. Any fault of ours leaves the server as it is.
 *
 * It is CommonJS, and not for `--import`: with that option, Node loads a CommonJS program by its ES module loader, which
 * knows none of the extensions that `--require ts-node/register` and the like have added.
 */
import fs = require('node:fs');
import Module = require('node:module');
import path = require('node:path');
import url = require('node:url');
import threads = require('node:worker_threads');
import type { StampMessages } from './stamping.js';

interface Loaded {
  readonly source?: unknown;
}
type LoadHook = (url: string, context: unknown, next: (url: string, context: unknown) => Loaded) => Loaded;
type Compile = (this: unknown, content: string, filename: string, ...rest: unknown[]) => unknown;
type ReadFile = (file: unknown, ...rest: unknown[]) => Promise<string | Uint8Array>;

const modules = Module as unknown as {
  /** Node 22.15 and later have it. */
  readonly registerHooks?: (hooks: { readonly load: LoadHook }) => unknown;
  /** Its hooks run on a thread of their own. */
  register?: (this: unknown, ...args: unknown[]) => unknown;
  readonly prototype: { _compile: Compile };
};

const STDIO_MODULE =
  /[/\\]@modelcontextprotocol[/\\](?:sdk[/\\]dist[/\\](?:esm|cjs)[/\\]server[/\\]stdio\.js|server[/\\]dist[/\\]stdio\.[cm]js)$/;
/** Programs that run the server in a process of its own, which needs the preload too. */
const LAUNCHER =
  /\/(?:(?:npm|npx)(?:-cli\.js)?|(?:pnpm|pnpx|yarn|yarnpkg)(?:\.[cm]?js)?|corepack\/dist\/\w+\.js|tsx\/dist\/cli\.[cm]js)$/;

const STAMP = 'mcp-backchannel.stamp';
/** Appended to the module. The second class is one of SDK 2.x. */
const CALL = `
;typeof StdioServerTransport==="function"&&globalThis[Symbol.for("${STAMP}")]?.(StdioServerTransport,typeof StdioConnectionChannel==="function"?StdioConnectionChannel:undefined);
`;

function preload(): void {
  if (!threads.isMainThread) return;
  const main = mainProgram();
  if (main !== undefined && LAUNCHER.test(main.replaceAll('\\', '/'))) return;
  // What the server runs itself is not a part of it: the ids of its requests mean something else.
  removeFromNodeOptions();
  if (!requiresEsModules()) return;
  Object.defineProperty(globalThis, Symbol.for(STAMP), { value: stamp });
  hookCommonJs();
  if (modules.registerHooks !== undefined) modules.registerHooks({ load });
  else hookEsModules();
}

/** Whether this Node can require an ES module, and prints no warning when it does. */
function requiresEsModules(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major >= 24 || minor >= ({ 20: 19, 22: 13, 23: 5 }[major] ?? Infinity);
}

/** The file that this process runs, if it runs one. */
function mainProgram(): string | undefined {
  const [, file] = process.argv;
  if (file === undefined) return undefined;
  try {
    return fs.realpathSync(file);
  } catch {
    // Node completes the name: `node dist/index`.
    return file;
  }
}

/** Takes our addition out again. See `withProvenance()`. */
function removeFromNodeOptions(): void {
  const options = process.env['NODE_OPTIONS'] ?? '';
  const file = __filename.replaceAll('\\', '/');
  const others = [`--require=${file}`, `--require="${file}"`]
    .reduce((text, own) => text.replaceAll(own, ''), options)
    .trim();
  if (others === '') delete process.env['NODE_OPTIONS'];
  else process.env['NODE_OPTIONS'] = others;
}

const stamp: StampMessages = (transportClass, channelClass) => {
  try {
    const stamping = require('./stamping.js') as { readonly stampMessagesOf: StampMessages };
    stamping.stampMessagesOf(transportClass, channelClass);
  } catch (error) {
    debug(error);
  }
};

function hookCommonJs(): void {
  const compile = modules.prototype._compile;
  modules.prototype._compile = function (content, filename, ...rest) {
    return compile.call(this, isStdioModule(filename) ? `${content}${CALL}` : content, filename, ...rest);
  };
}

const load: LoadHook = (moduleUrl, context, next) => {
  const loaded = next(moduleUrl, context);
  // CommonJS modules come without a source here, or are compiled by `_compile`: a second call does nothing.
  if (!isStdioModule(moduleUrl) || loaded.source == null) return loaded;
  return { ...loaded, source: `${textOf(loaded.source)}${CALL}` };
};

function isStdioModule(name: unknown): boolean {
  return typeof name === 'string' && STDIO_MODULE.test(name);
}

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
}

/**
 * For a Node without `registerHooks()`. To start a thread for hooks, and to load every module through it, takes a server
 * of the SDK 80 to 120 ms. But Node reads its ES modules by a function that can be replaced.
 */
function hookEsModules(): void {
  const promises = fs.promises as unknown as { readFile: ReadFile };
  const original = promises.readFile;
  promises.readFile = function readFile(file, ...rest) {
    const read = original.call(this, file, ...rest);
    return file instanceof URL && isStdioModule(file.pathname) ? read.then((text) => `${textOf(text)}${CALL}`) : read;
  };
  const { register, syncBuiltinESMExports } = Module as unknown as Record<string, typeof modules.register>;
  if (register === undefined) return;
  // A program with hooks of its own, such as tsx, has that thread anyway, and Node reads the modules there.
  let isOnThread = false;
  const registerOwn = (): void => {
    if (isOnThread) return;
    isOnThread = true;
    const hooks = url.pathToFileURL(path.join(__dirname, 'load-hook.js')).href;
    register(hooks, { data: { pattern: STDIO_MODULE, call: CALL } });
  };
  if (/--(?:experimental-)?loader\b/.test(`${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`)) {
    registerOwn();
  }
  modules.register = function (...args) {
    const result = register.apply(this, args);
    try {
      registerOwn();
    } catch (error) {
      debug(error);
    }
    return result;
  };
  syncBuiltinESMExports?.();
}

function debug(error: unknown): void {
  if (process.env['DEBUG']?.includes('mcp-backchannel') === true)
    console.error('mcp-backchannel/provenance: %o', error);
}

try {
  preload();
} catch (error) {
  debug(error);
}

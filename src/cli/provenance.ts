import { existsSync, realpathSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import process from 'node:process';
import spawn from 'cross-spawn';
import { environment } from '../backends/stdio/child-environment.js';
import type { ChildCommand } from '../backends/stdio/child-transport.js';
import { executableOf } from '../backends/stdio/find-command.js';
import { PRELOAD, withProvenance } from '../provenance/index.js';

/** Programs that run a server on Node, as far as anybody can tell: what is not Node ignores `NODE_OPTIONS`. */
const NODE = /^(?:node|nodejs)$/;
const RUNNERS = /^(?:npx|npm|tsx|ts-node|pnpm|pnpx|yarn|bunx|bun)$/;

/** The first server does not wait longer than this. */
const PROBE_TIMEOUT_MS = 1_000;

/**
 * The command, changed so that a server on Node says whose message it sends, if its Node can load the preload. Another
 * Node than ours runs to find out, because a server must never fail to start because of us.
 */
export async function withProvenanceIfLoadable(given: ChildCommand): Promise<ChildCommand> {
  const { command, args, cwd } = given;
  const name = programOf(command);
  if (!(NODE.test(name) || RUNNERS.test(name)) || isRestricted(args) || !existsSync(PRELOAD)) return given;
  const { NODE_OPTIONS } = environment(process.env, given.env);
  const stamping = { ...given, env: { ...given.env, ...withProvenance({ NODE_OPTIONS }) } };
  const node = NODE.test(name) ? command : 'node';
  if (NODE_OPTIONS === process.env['NODE_OPTIONS'] && isOurs({ ...given, command: node })) return stamping;
  return (await loads(node, { cwd, env: environment(process.env, stamping.env) })) ? stamping : given;
}

/** The file name of a program, without the extensions that Windows uses. */
function programOf(command: string): string {
  const name = posix.basename(win32.basename(command)).toLowerCase();
  return name.replace(/\.(?:exe|cmd|bat|ps1)$/, '');
}

/** With its permission model, Node must not read our files. */
function isRestricted(args: readonly string[]): boolean {
  return args.some((arg) => /^--(?:experimental-)?permission$/.test(arg));
}

/** Whether it is the Node that runs us. */
function isOurs(node: ChildCommand): boolean {
  try {
    return executableOf(node) === realpathSync(process.execPath);
  } catch {
    return false;
  }
}

/** Runs nothing with this Node, and sees whether that works. */
function loads(
  node: string,
  options: { readonly cwd: string | undefined; readonly env: NodeJS.ProcessEnv },
): Promise<boolean> {
  // What cannot be started throws, in some cases, and a promise that throws inside rejects.
  const probed = new Promise<boolean>((resolve) => {
    const child = spawn(node, ['-e', '0'], { ...options, stdio: 'ignore', windowsHide: true });
    child.unref();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(false);
    }, PROBE_TIMEOUT_MS);
    timer.unref();
    child.once('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
  return probed.catch(() => false);
}

/** Finds the name of the server that a command starts: its package or its file, not the program that runs it. */

/** A program that runs another program. The other program's name follows the runner's own options. */
interface Runner {
  /** The arguments must begin with one of these, such as `dlx`. */
  readonly subcommands?: readonly (readonly string[])[];
  /** Options that take the next argument as their value. */
  readonly withValue?: readonly string[];
  /** Options without a value. */
  readonly alone?: readonly string[];
  /** An option whose value is the program to run. */
  readonly target?: string;
}

const NODE: Runner = {
  withValue: ['--import', '-r', '--require', '--loader', '--experimental-loader', '-C', '--conditions', '--env-file'],
  alone: ['--no-warnings', '--enable-source-maps', '--inspect', '--experimental-strip-types', 'watch'],
};
const NPX: Runner = {
  withValue: ['-p', '--package', '-w', '--workspace'],
  alone: ['-y', '--yes', '--no', '-q', '--quiet', '--prefer-offline', '--prefer-online', '--offline', '--'],
};
const UVX: Runner = {
  withValue: ['--from', '--with', '-p', '--python', '--directory', '--project'],
  alone: ['-q', '--quiet', '--offline', '--isolated', '--no-cache', '--refresh'],
};
const PYTHON: Runner = { withValue: ['-W', '-X'], alone: ['-u', '-I', '-E', '-s', '-B', '-O'], target: '-m' };

const RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ['node', NODE],
  ['tsx', NODE],
  ['ts-node', NODE],
  ['deno', { subcommands: [['run']], alone: ['-A', '--allow-all', '-q', '--quiet'] }],
  ['npx', NPX],
  ['npm', { ...NPX, subcommands: [['exec'], ['x']] }],
  ['pnpm', { ...NPX, subcommands: [['dlx'], ['exec']] }],
  ['pnpx', NPX],
  ['yarn', { ...NPX, subcommands: [['dlx']] }],
  ['bunx', { alone: ['--bun'] }],
  ['bun', { subcommands: [['x'], ['run'], []], alone: ['--bun'] }],
  ['uvx', UVX],
  ['uv', { ...UVX, subcommands: [['tool', 'run'], ['run']] }],
  ['pipx', { subcommands: [['run']], withValue: ['--spec'] }],
  ['python', PYTHON],
  ['python3', PYTHON],
]);

const PACKAGE = /^(@[\w.-]+\/[\w.-]+|[\w.-]+)(?:@[\w.^~*+-]+|==[\w.*+-]+)?$/;

/**
 * The name of the server that a command starts. An argument is shown only if it is certainly a package, a module or a
 * file. Any other argument may be a credential, so the name of the program is used instead.
 */
export function serverNameOf(command: string, args: readonly string[]): string {
  const program = fileOf(command).replace(/\.(?:exe|cmd|bat)$/i, '');
  const runner = RUNNERS.get(program);
  const target = runner === undefined ? undefined : targetOf(runner, args);
  if (target === undefined) return fileOf(command);
  const [, name] = PACKAGE.exec(target) ?? [];
  if (name !== undefined) return name;
  // A URL may hold a credential.
  return /^[a-z]+[:+]/i.test(target) && !/^[a-z]:\\/i.test(target) ? fileOf(command) : fileOf(target);
}

/** @returns `undefined` if an option is unknown, because the next argument may be its value */
function targetOf({ subcommands = [[]], withValue = [], alone = [], target }: Runner, args: readonly string[]) {
  const first = subcommands.find((words) => words.every((word, at) => args[at] === word));
  if (first === undefined) return undefined;
  for (let at = first.length; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === target) return args[at + 1];
    if (withValue.includes(arg)) at++;
    else if (!alone.includes(arg) && !/^--[\w-]+=/.test(arg)) return arg.startsWith('-') ? undefined : arg;
  }
  return undefined;
}

/** The last part of a path, with either kind of slash. */
function fileOf(path: string): string {
  return /[^/\\]+$/.exec(path)?.[0] ?? path;
}

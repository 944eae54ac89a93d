import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import type { ChildCommand } from '../backends/stdio/child-transport.js';
import { EXIT_CODES, GROUPS, USAGE } from './help-text.js';
import type { Row } from './option-row.js';
import { ROWS } from './option-table.js';
import type { Values } from './option-values.js';
import { refused, UsageError } from './usage-error.js';
import * as readers from './values.js';

/** The server to serve. */
export type UpstreamSpec =
  | ({ readonly kind: 'command' } & ChildCommand)
  | {
      readonly kind: 'url' | 'sse-url';
      readonly url: URL;
      readonly headers: readonly (readonly [string, string])[];
      /** Copied from each request of a client to the server. */
      readonly passHeaders: readonly string[];
      /** Those of `passHeaders` that an option allows to differ between the requests of a session. */
      readonly varyHeaders: readonly string[];
    };

export type CommandOptions = Values & { readonly upstream: UpstreamSpec };

/** Thrown for `--help` and `--version`. The message is the text to print. */
export class Printed extends Error {
  override readonly name = 'Printed';
}

/**
 * Reads the command line.
 *
 * @param args without the program's own name
 * @throws UsageError if the command line is invalid
 * @throws Printed for `--help` and `--version`
 */
export function parse(args: readonly string[]): CommandOptions {
  const program = command();
  let printed = '';
  program.configureOutput({
    writeOut: (text) => (printed += text),
    writeErr: () => undefined,
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) throw new Printed(printed);
    throw new UsageError(oneLine(error.message));
  }
  const values = valuesOf(program);
  const upstream = upstreamOf(values, program.args);
  for (const row of ROWS) refuseWhereMeaningless(row, program, upstream, values);
  const passes = values.passHeader?.includes('authorization') === true;
  if (values.rebind && !passes) throw new UsageError('--rebind needs --pass-header authorization');
  if (values.varyHeader?.includes('authorization') === true)
    throw new UsageError('--vary-header authorization would let anybody into every session: use --pass-header');
  mustFitCluster(values);
  if (values.live && /^\/live(\/|$)/.test(values.path))
    throw new UsageError(`--live serves ${values.path} itself: give another --path`);
  if (values.token !== undefined && !values.stdio && passes)
    throw new UsageError('--pass-header authorization would give the --token of this endpoint to the upstream');
  return { ...values, upstream };
}

function command(): Command {
  const program = new Command('mcp-backchannel')
    .usage(USAGE)
    .argument('[command...]')
    .helpCommand(false)
    .exitOverride()
    .allowExcessArguments()
    // Everything after the command belongs to the command, with or without `--`.
    .passThroughOptions()
    .configureHelp({ visibleArguments: () => [] })
    .addHelpText('after', EXIT_CODES);
  for (const row of ROWS) program.addOption(optionOf(row));
  program.optionsGroup(GROUPS.logs);
  return program.helpOption('-h, --help', 'prints this').version(version(), '--version', 'prints the version');
}

function optionOf(row: Row): Option {
  const { flags, group, help, repeatable, default: value, env } = row;
  const option = new Option(flags, [help, repeatable && 'may be repeated'].filter(Boolean).join('; ')).helpGroup(
    GROUPS[group],
  );
  if (env !== undefined) option.description += ` (env: ${env})`;
  const flag = flagOf(flags);
  let isGiven = false;
  if (option.isBoolean() || option.negate) return option;
  option.argParser((text: string, previous: unknown) => {
    const one = read(row, text, flag);
    if (repeatable) return [...((previous as unknown[] | undefined) ?? []), one];
    if (isGiven) throw new UsageError(`${flag} is given more than once`);
    isGiven = true;
    return one;
  });
  if (value !== undefined) option.default(read(row, value, flag), value);
  return option;
}

/** @param name of the option or variable that holds the text, for the error */
function read({ value, choices = [] }: Row, text: string, name: string): unknown {
  if (value !== undefined) return readers[value](text, name);
  if (choices.includes(text)) return text;
  throw refused(name, choices.map((choice) => `'${choice}'`).join(' or '), text);
}

function valuesOf(program: Command): Values {
  const values: Record<string, unknown> = program.opts();
  for (const row of ROWS) {
    if (row.value === undefined && row.choices === undefined) values[nameOf(row)] ??= false;
    const text = row.env === undefined ? undefined : process.env[row.env];
    // If commander read the environment, its errors would name the option instead of the variable.
    if (row.env !== undefined && text !== undefined) values[nameOf(row)] ??= read(row, text, row.env);
  }
  return values as Values;
}

function upstreamOf({ url, sseUrl, ...values }: Values, [command, ...args]: readonly string[]): UpstreamSpec {
  const given = [command, url, sseUrl].filter((one) => one !== undefined).length;
  if (given === 0) throw new UsageError('nothing to serve: give -- command args…, --url or --sse-url (see --help)');
  if (given > 1) throw new UsageError('more than one thing to serve: give one of -- command args…, --url, --sse-url');
  const { header: headers = [], passHeader = [], varyHeader: varyHeaders = [], env = [], cwd } = values;
  const passHeaders = [...passHeader, ...varyHeaders];
  const own = { headers, passHeaders, varyHeaders };
  if (url !== undefined) return { kind: 'url', url, ...own };
  if (sseUrl !== undefined) return { kind: 'sse-url', url: sseUrl, ...own };
  return { kind: 'command', command: command ?? '', args, env: Object.fromEntries(env), cwd };
}

/** Refuses an option that would have no effect. It is a mistake, and the user may rely on the option for safety. */
function refuseWhereMeaningless(row: Row, program: Command, { kind }: UpstreamSpec, values: Values): void {
  const { stdio, cluster, traceFile } = values;
  const flag = flagOf(row.flags);
  const name = nameOf(row);
  if (program.getOptionValueSource(name) !== 'cli') return;
  if (row.needs === 'command' && kind !== 'command') throw new UsageError(`${flag} needs a command to run`);
  if (row.needs === 'url' && kind === 'command') throw new UsageError(`${flag} needs --url or --sse-url`);
  if (name === 'upstreamProtocol' && kind === 'sse-url')
    throw new UsageError(`${flag} has no meaning with --sse-url: only servers of early revisions speak HTTP+SSE`);
  if (row.needs === 'cluster' && cluster === undefined) throw new UsageError(`${flag} needs --cluster`);
  if (row.needs === 'trace-file' && traceFile === undefined) throw new UsageError(`${flag} needs --trace-file`);
  if ((row.needs === 'http' || row.needs === 'cluster' || name === 'passHeader' || name === 'varyHeader') && stdio)
    throw new UsageError(`${flag} has no meaning with --stdio: the client is local, and not reached over HTTP`);
}

function mustFitCluster({ cluster, clusterSecret, innerAddress, innerPort, stdio }: Values): void {
  if (cluster === undefined || stdio) return;
  if (clusterSecret === undefined)
    throw new UsageError(
      '--cluster needs a --cluster-secret, best by MCP_BACKCHANNEL_CLUSTER_SECRET in the environment',
    );
  if (innerAddress?.scheme === 'https' && innerPort === 0)
    throw new UsageError('--inner-address with https needs an --inner-port, on which what ends TLS reaches this node');
}

function nameOf({ flags }: Row): string {
  return new Option(flags).attributeName();
}

function flagOf(flags: string): string {
  return flags.split(' ')[0] ?? flags;
}

function version(): string {
  return (createRequire(import.meta.url)('mcp-backchannel/package.json') as { version: string }).version;
}

/** Leaves out the value of an unknown option, because it may be a credential. */
function oneLine(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/('-[^=']*)=.*'/s, "$1'")
    .replace(/\s+/g, ' ');
}

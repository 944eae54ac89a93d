#!/usr/bin/env node
import { BackchannelError, textOf } from './errors.js';
import { parse, Printed } from './cli/options.js';
import { UsageError } from './cli/usage-error.js';

/** Instead of serving. Each is loaded only when it is asked for. A server of such a name is reached by `--`. */
const SUBCOMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  doctor: async (args) => {
    const { main } = await import('./doctor/main.js');
    process.exitCode = await main(args);
  },
  view: async (args) => (await import('./cli/view.js')).view(args),
};

try {
  const [first = '', ...rest] = process.argv.slice(2);
  if (Object.hasOwn(SUBCOMMANDS, first)) await SUBCOMMANDS[first]?.(rest);
  else await serve();
} catch (error) {
  // The reader may close the pipe early, as in `mcp-backchannel --help | head -1`.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  if (error instanceof Printed) {
    process.stdout.write(error.message);
  } else {
    process.exitCode = error instanceof UsageError || isInvalidOption(error) ? 2 : 1;
    process.stderr.write(`mcp-backchannel: ${reasonOf(error)}\n`);
  }
}

async function serve(): Promise<void> {
  const options = parse(process.argv.slice(2));
  // Loaded only when needed, so that `--help` does not wait for the SDK.
  const { run } = await import('./cli/run.js');
  await run(options);
}

function isInvalidOption(error: unknown): boolean {
  return error instanceof BackchannelError && error.code === 'INVALID_OPTION';
}

function reasonOf(error: unknown): string {
  const text = textOf(error);
  // The SDK is a peer dependency, which some package managers do not install.
  const isMissing = (error as Partial<NodeJS.ErrnoException> | undefined)?.code === 'ERR_MODULE_NOT_FOUND';
  return isMissing && text.includes('@modelcontextprotocol/sdk')
    ? 'the command needs the SDK: npm install @modelcontextprotocol/sdk'
    : text;
}

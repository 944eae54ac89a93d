import { durationMs } from '../durations.js';
import { BackchannelError } from '../errors.js';
import { settingsFrom, type BackchannelOptions } from '../options.js';

/** An environment variable that sets an option. `parse` returns `undefined` for an invalid text. */
interface Variable {
  readonly option: keyof BackchannelOptions;
  readonly parse: (text: string) => unknown;
  readonly expected?: string;
}

const duration = { parse: durationMs, expected: 'a duration such as 500ms, 5s, 2m, or a number of milliseconds' };
const word = { parse: (text: string): unknown => text };
const count = {
  parse: (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : undefined),
  expected: 'a whole number',
};

const VARIABLES: Readonly<Record<string, Variable>> = {
  MCP_BACKCHANNEL_AMBIGUOUS: { option: 'ambiguous', ...word },
  MCP_BACKCHANNEL_ATTRIBUTION: { option: 'attribution', ...word },
  MCP_BACKCHANNEL_PARK_TIMEOUT: { option: 'parkTimeoutMs', ...duration },
  MCP_BACKCHANNEL_MAX_PARKED: { option: 'maxParked', ...count },
  MCP_BACKCHANNEL_MAX_PARKED_BYTES: { option: 'maxParkedBytes', ...count },
  MCP_BACKCHANNEL_ORPHAN_TIMEOUT: { option: 'orphanTimeoutMs', ...duration },
  MCP_BACKCHANNEL_SESSION_WIDE: { option: 'sessionWide', ...word },
  MCP_BACKCHANNEL_RESPONSE_MODE: { option: 'responseMode', ...word },
};

/**
 * The options that the environment sets. An empty variable counts as unset.
 *
 * @throws BackchannelError `INVALID_OPTION`, naming the variable and its value
 */
export function optionsFrom(environment: Readonly<Record<string, string | undefined>>): BackchannelOptions {
  const options: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const text = environment[name]?.trim() ?? '';
    if (text !== '') options[variable.option] = valueOf(name, variable, text);
  }
  return options;
}

function valueOf(name: string, { option, parse, expected }: Variable, text: string): unknown {
  const value = parse(text);
  if (value === undefined) {
    throw new BackchannelError('INVALID_OPTION', `${name} must be ${String(expected)}, not ${JSON.stringify(text)}`);
  }
  try {
    settingsFrom({ [option]: value });
  } catch (cause) {
    if (!(cause instanceof BackchannelError)) throw cause;
    throw new BackchannelError('INVALID_OPTION', `${name}: ${cause.message}`, { cause });
  }
  return value;
}

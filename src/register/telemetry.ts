import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import type { instrument } from '../telemetry/index.js';

const VARIABLE = 'MCP_BACKCHANNEL_TELEMETRY';
const API = '@opentelemetry/api';

export type Instrument = typeof instrument;

/**
 * What makes spans of transports, if the environment asks for it. It is loaded only then, and needs a package that the
 * program may not have.
 *
 * @throws BackchannelError `INVALID_OPTION`, naming the variable and its value
 */
export async function instrumentBy(environment: Readonly<Record<string, string | undefined>>): Promise<Instrument> {
  const text = environment[VARIABLE]?.trim() ?? '';
  if (text !== '' && text !== '0' && text !== '1')
    throw new BackchannelError('INVALID_OPTION', `${VARIABLE} must be 1 or 0, not ${JSON.stringify(text)}`);
  if (text !== '1') return asItIs;
  try {
    return (await import('../telemetry/index.js')).instrument;
  } catch (error) {
    if ((error as Partial<NodeJS.ErrnoException>).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    debug.register('%s has no effect: the package %s is not installed (npm install %s)', VARIABLE, API, API);
    return asItIs;
  }
}

function asItIs<T>(transport: T): T {
  return transport;
}

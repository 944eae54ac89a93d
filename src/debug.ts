import createDebug from 'debug';
import { visible } from './visible.js';

/** Writes a line if its namespace is enabled. */
interface Namespace {
  readonly enabled: boolean;
  (format: string, ...values: unknown[]): void;
}

/**
 * Every debug namespace. Set `DEBUG=mcp-backchannel:*` to see them all. Lines name ids and methods,
 * never payloads or credentials.
 */
export const debug: Readonly<
  Record<'inbound' | 'outbound' | 'route' | 'stream' | 'proxy' | 'cluster' | 'register' | 'error', Namespace>
> = {
  inbound: namespace('mcp-backchannel:inbound'),
  outbound: namespace('mcp-backchannel:outbound'),
  route: namespace('mcp-backchannel:route'),
  stream: namespace('mcp-backchannel:stream'),
  proxy: namespace('mcp-backchannel:proxy'),
  cluster: namespace('mcp-backchannel:cluster'),
  register: namespace('mcp-backchannel:register'),
  error: namespace('mcp-backchannel:error'),
};

/** Sends all later lines to `write` instead of stderr. */
export function writeDebugTo(write: (...values: unknown[]) => void): void {
  createDebug.log = write;
}

/** Methods and error texts come from outside. They are escaped, so that they cannot forge a line. */
function namespace(name: string): Namespace {
  const instance = createDebug(name);
  const write = (format: string, ...values: unknown[]): void => {
    if (instance.enabled) instance(format, ...values.map(harmless));
  };
  return Object.defineProperty(write, 'enabled', { get: () => instance.enabled }) as Namespace;
}

function harmless(value: unknown): unknown {
  if (value instanceof Error) return visible(value.stack ?? value.message);
  return typeof value === 'string' ? visible(value) : value;
}

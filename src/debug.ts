import createDebug, { type Debugger } from 'debug';

/**
 * Every debug namespace. Set `DEBUG=mcp-backchannel:*` to see them all. Lines name ids and methods,
 * never payloads or credentials.
 */
export const debug: Readonly<
  Record<'inbound' | 'outbound' | 'route' | 'stream' | 'proxy' | 'register' | 'error', Debugger>
> = {
  inbound: createDebug('mcp-backchannel:inbound'),
  outbound: createDebug('mcp-backchannel:outbound'),
  route: createDebug('mcp-backchannel:route'),
  stream: createDebug('mcp-backchannel:stream'),
  proxy: createDebug('mcp-backchannel:proxy'),
  register: createDebug('mcp-backchannel:register'),
  error: createDebug('mcp-backchannel:error'),
};

/** The inspector's server is a program: the types of the one function that can be used by itself. */
declare module '@modelcontextprotocol/inspector/server/build/mcpProxy.js' {
  import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

  export default function mcpProxy(ends: { transportToClient: Transport; transportToServer: Transport }): void;
}

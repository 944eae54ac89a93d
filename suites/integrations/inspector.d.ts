/** Types for the one function of the inspector's server that can be used alone. The server itself is a program. */
declare module '@modelcontextprotocol/inspector/server/build/mcpProxy.js' {
  import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

  export default function mcpProxy(ends: { transportToClient: Transport; transportToServer: Transport }): void;
}

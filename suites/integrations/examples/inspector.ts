/** The pipe of inspector 1.x: it is handed both transports, so both are handed to it wrapped. */
import mcpProxy from '@modelcontextprotocol/inspector/server/build/mcpProxy.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { asUpstream, withBackchannel } from 'mcp-backchannel';
import { serve, type Served } from '../../../examples/lib/serve.js';

export interface InspectorPipeOptions {
  /** A new connection to the backend, one for each session. */
  readonly connectUpstream: () => Transport;
  /** False shows what happens without the package. */
  readonly wrapped?: boolean;
}

export async function startInspectorPipe({ connectUpstream, wrapped = true }: InspectorPipeOptions): Promise<Served> {
  return serve({
    async onSession(bare) {
      const transportToClient = wrapped ? withBackchannel(bare) : bare;
      const transportToServer = wrapped ? asUpstream(connectUpstream()) : connectUpstream();
      await transportToServer.start();
      await transportToClient.start();
      mcpProxy({ transportToClient, transportToServer });
      return transportToClient;
    },
  });
}

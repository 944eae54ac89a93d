/**
 * A pipe: what comes in at one transport goes out at the other, whole and with its id. No SDK `Server`
 * or `Client` in between, so every method passes, the ones of tomorrow too.
 */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { InitializeResultSchema, isJSONRPCRequest, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { fileURLToPath } from 'node:url';
import { asUpstream, withBackchannel } from 'mcp-backchannel';
import { isProgram } from './lib/is-program.js';
import { serve, type Served } from './lib/serve.js';

const BACKEND = fileURLToPath(new URL('lib/backend-stdio.ts', import.meta.url));

export interface PipeOptions {
  /** A new connection to the backend, one for each session. */
  readonly connectUpstream?: () => Transport | Promise<Transport>;
}

export async function startPipe({ connectUpstream = backendProcess }: PipeOptions = {}): Promise<Served> {
  return serve({
    async onSession(bare) {
      const transport = withBackchannel(bare);
      await pipe(transport, asUpstream(await connectUpstream()));
      return transport;
    },
  });
}

/** Connects two transports. When one closes, so does the other. */
async function pipe(downstream: Transport, upstream: Transport): Promise<void> {
  downstream.onmessage = (message) => void forward(message, upstream, downstream);
  upstream.onmessage = (message) => {
    // Over HTTP the backend wants to be told the version, once agreed, in a header of every request.
    const agreed = 'result' in message ? InitializeResultSchema.safeParse(message.result).data : undefined;
    if (agreed !== undefined) upstream.setProtocolVersion?.(agreed.protocolVersion);
    void forward(message, downstream, upstream);
  };
  downstream.onclose = () => void upstream.close();
  upstream.onclose = () => void downstream.close();
  await upstream.start();
  await downstream.start();
}

/** A request that cannot be passed on is answered with an error: nobody else would. */
async function forward(message: JSONRPCMessage, to: Transport, back: Transport): Promise<void> {
  try {
    await to.send(message);
  } catch (cause) {
    if (!isJSONRPCRequest(message)) return;
    const error = { code: -32603, message: cause instanceof Error ? cause.message : String(cause) };
    await back.send({ jsonrpc: '2.0', id: message.id, error }).catch(() => undefined);
  }
}

function backendProcess(): Transport {
  return new StdioClientTransport({ command: process.execPath, args: ['--import', 'tsx', BACKEND] });
}

if (isProgram(import.meta)) console.log((await startPipe()).url);

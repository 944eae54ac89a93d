/**
 * The classic proxy as a process of its own. Prints its URL, then each route as a line of JSON; ends with
 * its stdin.
 *
 *     tsx examples/demo/proxy.ts [--bare] [--json] --url http://127.0.0.1:3000/mcp
 *     tsx examples/demo/proxy.ts [--bare] [--json] -- npx @playwright/mcp
 */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Backchannel } from 'mcp-backchannel';
import { parseArgs } from 'node:util';
import { classicProxy } from '../classic-proxy.js';
import type { RouteLine } from './route-log.js';

const { values, positionals } = parseArgs({
  options: {
    bare: { type: 'boolean', default: false },
    /** Answers requests in JSON. */
    json: { type: 'boolean', default: false },
    /** How long messages wait for a stream, and questions for a client that is gone. */
    patience: { type: 'string', default: '5000' },
    url: { type: 'string' },
  },
  allowPositionals: true,
});

const proxy = await classicProxy({
  wrapped: !values.bare,
  transport: { enableJsonResponse: values.json },
  backchannel: { parkTimeoutMs: Number(values.patience), orphanTimeoutMs: Number(values.patience) },
  connectUpstream,
  onTransport(transport) {
    const { backchannel } = transport as { readonly backchannel?: Backchannel };
    backchannel?.routes$.subscribe(({ session, method, relatedRequestId, to, evidence, outcome, error }) => {
      const code = (error as { readonly code?: string } | undefined)?.code;
      const line: RouteLine = { session, method, relatedRequestId, to, evidence, outcome, ...(code && { code }) };
      console.log(JSON.stringify(line));
    });
  },
});
process.stdin.resume().on('end', () => void proxy.close());
console.log(proxy.url);

function connectUpstream(): Transport {
  if (values.url !== undefined) return new StreamableHTTPClientTransport(new URL(values.url));
  const [command, ...args] = positionals;
  if (command === undefined) throw new Error('which backend? give --url or a command');
  return new StdioClientTransport({ command, args, stderr: 'ignore' });
}

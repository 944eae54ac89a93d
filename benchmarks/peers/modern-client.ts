/** A client of the SDK 2 that is pinned to revision 2026-07-28, and says yes to every server request. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Running } from './running.js';

export const SAMPLED = 'sampled';
export const ROOT = 'file:///root';
const VERSION = '2026-07-28';

/** The last refusal over HTTP: what the client makes of it does not always tell. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: number | null;
}

export class ModernClient {
  readonly client = new Client(
    { name: 'bench', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} },
      versionNegotiation: { mode: { pin: VERSION } },
    },
  );
  refusal: HttpRefusal | undefined;

  constructor() {
    this.client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { answer: 'yes' } }));
    this.client.setRequestHandler('sampling/createMessage', () => ({
      model: 'none',
      role: 'assistant',
      content: { type: 'text', text: SAMPLED },
    }));
    this.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: ROOT }] }));
  }

  async connect(running: Running): Promise<void> {
    if (running.contestant.wire === 'stdio') {
      await this.client.connect(new StdioClientTransport({ ...running.command(), stderr: 'ignore' }));
      return;
    }
    const transport = new StreamableHTTPClientTransport(new URL(running.url), {
      requestInit: { headers: running.headers },
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (!response.ok) this.refusal = { status: response.status, code: codeIn(await response.clone().text()) };
        return response;
      },
    });
    await this.client.connect(transport);
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

function codeIn(body: string): number | null {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly code?: unknown } };
    return typeof error?.code === 'number' ? error.code : null;
  } catch {
    return null;
  }
}

/** The same requests to the SDK's transport and to ours: client and owner are told the same. */
import { StreamableHTTPServerTransport as SdkTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { describe, expect, it } from 'vitest';
import { CALLBACKS } from './cases/callbacks.js';
import { LIVES } from './cases/lives.js';
import { MESSAGES } from './cases/messages.js';
import { REFUSALS } from './cases/refusals.js';
import { STREAMS } from './cases/streams.js';
import type { Case, Journal } from './cases/case.js';
import { Party, type TransportClass } from './party.js';

const GROUPS: readonly (readonly [string, readonly Case[]])[] = [
  ['refuses as the SDK does:', REFUSALS],
  ['takes messages as the SDK does:', MESSAGES],
  ['calls its owner as the SDK does:', CALLBACKS],
  ['writes streams as the SDK does:', STREAMS],
  ['begins and ends as the SDK does:', LIVES],
];

async function journalOf(Class: TransportClass, { options, run }: Case): Promise<Journal> {
  const party = await Party.open(Class, options());
  try {
    await run(party);
    return [...party.journal, { pending: party.pending }];
  } finally {
    await party.close();
  }
}

describe.each(GROUPS)('%s', (_title, cases) => {
  it.each(cases)('$title', async (one) => {
    const expected = await journalOf(SdkTransport, one);
    const found = await journalOf(StreamableHTTPServerTransport, one);
    // An empty journal would prove nothing.
    expect(expected.length).toBeGreaterThan(1);
    expect(found).toEqual(expected);
  });
});

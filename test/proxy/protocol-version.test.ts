/** What stands for the protocol version that the SDK does not know. */
import type { IncomingMessage } from 'node:http';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { nameKnownVersion } from '../../src/proxy/protocol-version.js';

test('a version that only the headers name, and not the raw ones, takes no place of another', () => {
  const request = { headers: { 'mcp-protocol-version': '2027-01-01' }, rawHeaders: ['Host', 'h'] };
  nameKnownVersion(request as unknown as IncomingMessage, '2027-01-01');
  expect(request.rawHeaders).toEqual(['Host', 'h', 'mcp-protocol-version', LATEST_PROTOCOL_VERSION]);
});

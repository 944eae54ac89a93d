/** A stamp is all that is taken off: the rest of the text arrives as the backend wrote it. */
import { expect, test } from 'vitest';
import { STAMP_KEY } from '../../src/routing/stamp.js';
import { KINDS, rawBackend, rawClient, type Play } from '../proxy/raw-backends.js';
import { proxies } from '../proxy/support.js';

const open = proxies();

const STAMPED = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":[1.0,1e400,9007199254740993],"_meta":{"${STAMP_KEY}":7,"a":1.0}}}`;

/** Writes what it is told to, and answers. */
const writes: Play = (text, write) => {
  if (!text.includes('"tools/call"')) return;
  const { id, params } = JSON.parse(text) as { readonly id: number; readonly params: { readonly name: string } };
  for (const message of JSON.parse(params.name) as string[]) write(message);
  write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`);
};

test.each(KINDS)('with a backend over %s', async (kind) => {
  const opened = await open(await rawBackend(kind, writes));
  const client = await rawClient(opened.url);
  const messages = [
    STAMPED,
    STAMPED.replace(',"a":1.0', ''),
    STAMPED.replace(':7', `:${'"x'.padEnd(1_000_000, 'x')}"`),
  ];
  const name = JSON.stringify(JSON.stringify(messages));
  const [first, second, third] = await client.post(
    `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":${name}}}`,
  );
  expect(first).toBe(STAMPED.replace(`"${STAMP_KEY}":7,`, ''));
  expect(second).toBe(STAMPED.replace(`,"_meta":{"${STAMP_KEY}":7,"a":1.0}`, ''));
  expect(third).toBe(first);
  const evidence = opened.routes.map((route) => route.evidence);
  expect(evidence).toEqual(['provenance', 'provenance', kind === 'stdio' ? 'sole' : 'context']);
});

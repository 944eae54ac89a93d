/** Numbers that JavaScript cannot hold reach the backend as the client has written them. */
import { expect, it } from 'vitest';
import { KINDS, rawBackend, type Play } from '../proxy/raw-backends.js';
import { proxies } from '../proxy/support.js';
import { post, suspensionIn, type RawOptions } from './raw-modern.js';

const open = proxies();

/** Tells of the call and of the answer to its server request, as they came. */
const tells: Play = (text, write, state) => {
  if (text.includes('"tools/call"')) {
    Object.assign(state, { write, call: text, id: (JSON.parse(text) as { id: number }).id });
    const params = '{"message":"?","requestedSchema":{"type":"object","properties":{}}}';
    write(`{"jsonrpc":"2.0","id":"ask","method":"elicitation/create","params":${params}}`);
  } else if (text.includes('"ask"')) {
    const told = JSON.stringify([state['call'], text]);
    (state['write'] as typeof write)(`{"jsonrpc":"2.0","id":${String(state['id'])},"result":{"told":${told}}}`);
  }
};

const BIG = '12345678901234567890';
const EXACT: RawOptions = { rewrite: (body) => body.replaceAll('"BIG"', BIG).replaceAll('"FRACTION"', '1.0') };

it.each(KINDS)('numbers in arguments and in answers reach a backend over %s', async (kind) => {
  const { url } = await open(await rawBackend(kind, tells));
  const call = { name: 'a', arguments: { n: 'BIG' } };
  const { requestState } = suspensionIn(await post(url, 'tools/call', call, EXACT));
  const content = { n: 'BIG', inner: [{ f: 'FRACTION' }] };
  const inputResponses = { 'elicitation-1': { action: 'accept', content } };
  const { last } = await post(url, 'tools/call', { ...call, requestState, inputResponses }, EXACT);
  const [called, answer] = (last.result?.['told'] ?? []) as readonly string[];
  expect(called).toContain(`"arguments":{"n":${BIG}}`);
  expect(answer).toBe(
    `{"jsonrpc":"2.0","id":"ask","result":{"action":"accept","content":{"n":${BIG},"inner":[{"f":1.0}]}}}`,
  );
});

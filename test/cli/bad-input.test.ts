/** The command answers what is wrong or not welcome as its proxy does. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { badRequests, type BadRequest } from '../proxy/bad-requests.js';
import { INITIALIZE, send } from '../proxy/raw-http.js';
import { MIRROR, mirrored, Started } from './support.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const TOKEN = 'a-token-of-ours';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const LIMIT = 4_194_304;

const serving = new Started();
const started = new Started();
let url: string;
beforeAll(async () => ({ url } = await serving.endpoint(['--token', TOKEN, ...MIRROR])));
afterEach(async () => started.end());
afterAll(async () => serving.end());

describe('the command answers', () => {
  it.each<BadRequest>([
    ...badRequests(LIMIT),
    ...[{ authorization: '' }, { authorization: 'Bearer another' }, { authorization: TOKEN }].map((headers) => ({
      what: `the credential '${headers.authorization}'`,
      sent: { body: INITIALIZE, headers },
      status: 401,
      code: -32000,
    })),
  ])('$what with $status and $code', async ({ sent, status, code }) => {
    const got = await send(url, { ...sent, headers: { ...AUTHORIZED, ...sent.headers } });
    // Whatever is said of it: no stack, and nothing of where the files are.
    expect(got.text).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d/);
    expect({ status: got.status, ...(JSON.parse(got.text) as Message) }).toEqual({
      status,
      jsonrpc: '2.0',
      id: null,
      error: { code, message: expect.stringMatching(/^[^\n]+$/) as string },
    });
    if (status === 401) expect(got.headers['www-authenticate']).toBe('Bearer');
  });
});

it('serves whoever does better, after all that', async () => {
  const client = await started.client(url, { headers: AUTHORIZED });
  expect((await mirrored(client)).pid).toBeGreaterThan(0);
  expect((await client.delete()).status).toBe(200);
  const health = (await fetch(new URL('/healthz', url))).json();
  expect(await health).toEqual({ status: 'ok', ...NOTHING_OPEN });
});

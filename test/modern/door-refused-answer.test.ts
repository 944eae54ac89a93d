/** The token of a user expires while a call waits for the user, and the backend does not take the answer. */
import { expect, it } from 'vitest';
import { HttpTransport } from '../../src/backends/http/index.js';
import { closers, proxies } from '../proxy/support.js';
import {
  challenge,
  startProtected,
  type BackendGuard,
  type ProtectedBackend,
} from '../regression/real-peers/protected-backend.js';
import { post, suspensionIn, type RawAnswer } from './raw-modern.js';

const open = proxies();
const closing = closers();

const ANN = { token: 'ann' };
const CALL = { name: 'ask', arguments: { tag: 'a' } };
const NOTHING = { suspended: 0, leased: 0 };

/** How long a cancelled call keeps its session, and some time more. */
const GRACE = { timeout: 9_000 };

async function protectedBackend(): Promise<ProtectedBackend> {
  const backend = await startProtected();
  closing(() => backend.close());
  return backend;
}

async function retry(url: string, requestState: string): Promise<RawAnswer> {
  const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: 'yes' } } };
  return post(url, 'tools/call', { ...CALL, requestState, inputResponses }, ANN);
}

const expired: BackendGuard = () => challenge(401, 'error="invalid_token"');

it.each(['lease', 'shared'] as const)(
  'the call ends with the refusal, in a session of kind "%s"',
  async (kind) => {
    const backend = await protectedBackend();
    const { url, proxy } = await open(() => new HttpTransport(new URL(backend.url)), {
      passHeaders: ['authorization'],
      relayRefusal: (refusal) => refusal,
      modernSessions: kind,
    });
    const { requestState } = suspensionIn(await post(url, 'tools/call', CALL, ANN));
    backend.guard = expired;
    expect((await retry(url, requestState)).status).toBe(401);
    await expect.poll(() => backend.said('notifications/cancelled', 'authorization')).toEqual(['Bearer ann']);
    await expect.poll(() => proxy.snapshot(), GRACE).toMatchObject(NOTHING);
  },
  20_000,
);

it.each<[string, BackendGuard, number]>([
  ['fails', () => ({ status: 500, body: 'out of order' }), 502],
  ['refuses it in a way that nobody relays', expired, 502],
])(
  'the call ends with an error if the backend %s',
  async (_, guard, status) => {
    const backend = await protectedBackend();
    const { url, proxy } = await open(() => new HttpTransport(new URL(backend.url)), {
      passHeaders: ['authorization'],
      modernSessions: 'shared',
    });
    const { requestState } = suspensionIn(await post(url, 'tools/call', CALL, ANN));
    backend.guard = guard;
    const answer = await retry(url, requestState);
    expect(answer.status).toBe(status);
    expect(answer.last.error).toEqual({ code: -32_603, message: 'The backend did not take the answers of the client' });
    await expect.poll(() => proxy.snapshot(), GRACE).toMatchObject(NOTHING);
  },
  20_000,
);

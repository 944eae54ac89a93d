/** Headers that describe one request tell a backend nothing of who its client is. */
import { describe, expect, it } from 'vitest';
import { doors } from './door-stage.js';
import { post, type RawOptions } from './raw-modern.js';

const open = doors();

const call = (headers: Readonly<Record<string, string>>): RawOptions => ({ token: 'ann', headers });

describe('two calls of one client have the same session', () => {
  it.each([
    ...['b3', 'baggage', 'dpop', 'idempotency-key', 'sentry-trace', 'traceparent', 'tracestate'],
    ...['x-b3-traceid', 'x-datadog-trace-id', 'x-datadog-parent-id', 'x-request-id', 'x-correlation-id'],
    ...['cf-ray', 'x-amz-cf-id', 'x-amzn-trace-id', 'x-azure-ref', 'x-cloud-trace-context', 'x-vercel-id'],
  ])('though they differ in %s', async (name) => {
    const { url, journal, proxy } = await open('http', { modernSessions: 'lease' });
    await post(url, 'tools/list', {}, call({ [name]: 'one' }));
    await post(url, 'tools/list', {}, call({ [name]: 'two' }));
    await post(url, 'tools/list', {}, call({}));
    expect(journal.sessions).toBe(1);
    expect(proxy.snapshot().sessions).toBe(1);
  });
});

describe('a header that may vary', () => {
  it('makes no session of its own, unless it says who the client is', async () => {
    const options = { varyHeaders: ['X-Build', 'X-Tenant'], credentialHeaders: ['x-tenant'] };
    const { url, journal } = await open('http', options);
    await post(url, 'tools/list', {}, call({ 'x-build': '1', 'x-tenant': 'one' }));
    await post(url, 'tools/list', {}, call({ 'x-build': '2', 'x-tenant': 'one' }));
    expect(journal.sessions).toBe(1);
    await post(url, 'tools/list', {}, call({ 'x-build': '2', 'x-tenant': 'two' }));
    expect(journal.sessions).toBe(2);
  });
});

describe('two calls have sessions of their own', () => {
  it.each(['x-forwarded-for', 'x-tenant', 'x-session-id'])('if they differ in %s', async (name) => {
    const { url, journal } = await open('http', { modernSessions: 'lease' });
    await post(url, 'tools/list', {}, call({ [name]: 'one' }));
    await post(url, 'tools/list', {}, call({ [name]: 'two' }));
    expect(journal.sessions).toBe(2);
  });
});

/** A body in chunks of one byte costs no more memory than its bytes, and no more of them are kept than are allowed. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CALL, rig, type Rig } from '../../http/rig.js';
import { closers } from '../../proxy/support.js';
import { JSON_HEADERS } from '../../support/raw-http.js';

const closing = closers();
const MEGABYTE = 2 ** 20;

it('61: two megabytes in single bytes take a few megabytes of memory', async () => {
  const program = fileURLToPath(new URL('../../http/single-bytes.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', program]);
  const { read, kept } = JSON.parse(stdout) as { read: number; kept: number };
  expect(read).toBe(2 * MEGABYTE);
  expect(kept).toBeLessThan(16 * MEGABYTE);
});

describe('61: a body above the limit is refused with 413', () => {
  const LIMIT = 1_000;

  function begin({ url }: Rig, headers: Readonly<Record<string, string>>): ClientRequest {
    const request = httpRequest(url, {
      method: 'POST',
      agent: false,
      headers: { ...JSON_HEADERS, 'mcp-session-id': 'session', ...headers },
    });
    request.on('error', () => undefined);
    return request;
  }

  async function answered(request: ClientRequest): Promise<{ status: number | undefined; body: unknown }> {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }

  const REFUSED = {
    status: 413,
    body: {
      jsonrpc: '2.0',
      error: { code: -32_000, message: 'Payload Too Large: Request body must not exceed 1000 bytes' },
      id: null,
    },
  };

  it('that says how long it is: before it is sent', async () => {
    const it = await rig(closing, { maxRequestBodySize: LIMIT });
    const request = begin(it, { 'content-length': '1001' });
    request.flushHeaders();
    expect(await answered(request)).toEqual(REFUSED);
    request.destroy();
  });

  it('that does not say it: as soon as it is too long, and before it has ended', async () => {
    const it = await rig(closing, { maxRequestBodySize: LIMIT });
    const request = begin(it, {});
    for (let at = 0; at <= LIMIT; at += 1) request.write('x');
    expect(await answered(request)).toEqual(REFUSED);
    expect(it.received).toEqual([]);
    request.destroy();
  });

  it('and one that just fits is not', async () => {
    const it = await rig(closing, { maxRequestBodySize: LIMIT });
    const request = begin(it, {});
    const note = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/x', params: { call: CALL.id } });
    for (const character of note.padEnd(LIMIT)) request.write(character);
    request.end();
    expect(await answered(request)).toEqual({ status: 202, body: undefined });
    expect(it.received).toHaveLength(1);
  });
});

import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody, type Body } from '../../src/http/body.js';

function incoming(headers: Readonly<Record<string, string>> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
}

async function read(chunks: readonly (string | Uint8Array)[], maxBytes = 1_000): Promise<Body> {
  const request = incoming();
  const body = readBody(request, maxBytes);
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return body;
}

async function answered(body: Body): Promise<readonly unknown[]> {
  return body.kind === 'text' ? [] : body.brought().ids();
}

describe('a body is read', () => {
  const EURO = Buffer.from('{"€":1}');

  it.each<[string, (string | Uint8Array)[], string]>([
    ['that is empty', [], ''],
    ['in one piece', ['{"a":1}'], '{"a":1}'],
    ['in pieces', ['{"a"', ':1', '}'], '{"a":1}'],
    ['in single bytes, which cut characters', Array.from(EURO, (byte) => Uint8Array.of(byte)), '{"€":1}'],
    ['without its byte order mark', [Buffer.from([0xef, 0xbb, 0xbf]), '[]'], '[]'],
    ['that is no UTF-8', [Uint8Array.of(0x22, 0xff, 0x22)], '"\ufffd"'],
  ])('%s', async (_what, chunks, text) => {
    expect(await read(chunks)).toEqual({ kind: 'text', text });
  });

  it('to the last byte that is allowed, whatever the pieces', async () => {
    for (const size of [1, 3, 7, 1_000]) {
      const pieces = 'x'.repeat(1_000).match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      expect(await read(pieces)).toEqual({ kind: 'text', text: 'x'.repeat(1_000) });
      expect((await read([...pieces, 'y'])).kind).toBe('too large');
    }
  });

  it('as empty if somebody has read it before', async () => {
    const request = incoming();
    request.resume().end('gone');
    await new Promise((resolve) => request.once('end', resolve));
    expect(await readBody(request, 10)).toEqual({ kind: 'text', text: '' });
  });

  it('not at all if it says that it is too long', async () => {
    const request = incoming({ 'content-length': '11' });
    expect((await readBody(request, 10)).kind).toBe('too large');
    expect(request.readableFlowing).toBeNull();
  });

  it('until it breaks off', async () => {
    const request = incoming();
    const body = readBody(request, 100);
    request.write('{"jsonrpc":"2.0","id":7,"result":{');
    setImmediate(() => request.destroy());
    const found = await body;
    expect(found.kind).toBe('broken off');
    expect(await answered(found)).toEqual([7]);
  });
});

describe('a body that is too long is still looked through for what it answers', () => {
  const LONG = `{"jsonrpc":"2.0","result":{"text":"${'x'.repeat(50)}"},"id":"the answer"}`;

  it.each([1, 2, 5, 20, 60])('in pieces of %i', async (size) => {
    const body = await read(LONG.match(new RegExp(`.{1,${size}}`, 'g')) ?? [], 30);
    expect(body.kind).toBe('too large');
    expect(await answered(body)).toEqual(['the answer']);
  });

  it('though all of it comes in one go, before anybody could ask', async () => {
    const request = Object.assign(new Readable({ read: () => undefined }), { headers: {} });
    const reading = readBody(request as unknown as IncomingMessage, 30);
    await new Promise((resolve) => setImmediate(resolve));
    for (let at = 0; at < LONG.length; at += 10) request.push(Buffer.from(LONG.slice(at, at + 10)));
    request.push(null);
    expect(await answered(await reading)).toEqual(['the answer']);
  });
});

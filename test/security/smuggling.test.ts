/** Requests that two readers could understand differently. */
import { describe, expect, it } from 'vitest';
import { CALL, sessionOf } from '../proxy/raw-http.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { statusesIn, writeRaw } from './raw-socket.js';
import { STORES } from './stores.js';

const HEAD = [
  ...['POST /mcp HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'],
  ...['Accept: application/json, text/event-stream', 'Connection: close'],
];
const LENGTH = `Content-Length: ${CALL.length}`;
const CHUNKED = `${CALL.length.toString(16)}\r\n${CALL}\r\n0\r\n\r\n`;

interface Case {
  readonly what: string;
  /** Given the id of a session that is open. */
  readonly lines: (id: string) => readonly string[];
  readonly body?: string;
  readonly status: number;
}

describe.each(STORES)('$store', ({ options }) => {
  const open = proxies(options);

  it.each<Case>([
    {
      what: 'one session, which shows that the others could have come in',
      lines: (id) => [of(id), LENGTH],
      status: 200,
    },
    { what: 'two sessions', lines: (id) => [of(id), of('nobody'), LENGTH], status: 404 },
    { what: 'the same session twice', lines: (id) => [of(id), of(id), LENGTH], status: 404 },
    {
      what: 'a length and chunks',
      lines: (id) => [of(id), LENGTH, 'Transfer-Encoding: chunked'],
      body: CHUNKED,
      status: 400,
    },
    { what: 'two lengths', lines: (id) => [of(id), LENGTH, 'Content-Length: 1'], status: 400 },
    {
      what: 'an encoding that hides the chunks',
      lines: (id) => [of(id), 'Transfer-Encoding: chunked, identity'],
      body: CHUNKED,
      status: 400,
    },
    { what: 'a line break in a value', lines: (id) => [`X-A: 1\n${of(id)}`, LENGTH], status: 400 },
    { what: 'a carriage return in a value', lines: (id) => [of(id), 'X-A: 1\rX-B: 2', LENGTH], status: 400 },
    { what: 'a value that goes on in the next line', lines: (id) => [of(id), 'X-A: 1\r\n 2', LENGTH], status: 400 },
    { what: 'a NUL in a value', lines: (id) => [of(id), 'X-A: 1\0', LENGTH], status: 400 },
    { what: 'a space after a name', lines: (id) => [of(id).replace(':', ' :'), LENGTH], status: 400 },
    { what: 'no Host', lines: (id) => ['X-A: 1', of(id), LENGTH], status: 400 },
  ])('a request with $what is answered with $status', async ({ what, lines, body = CALL, status }) => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const id = await sessionOf(stage);
    const head = what === 'no Host' ? HEAD.filter((line) => !line.startsWith('Host')) : HEAD;
    const answered = writeRaw(stage.url, `${[...head, ...lines(id)].join('\r\n')}\r\n\r\n${body}`, '"result"');
    if (status === 200) {
      await backend.session().got({ id: 2 });
      await backend.session().send({ id: 2, result: {} });
    }
    expect(statusesIn(await answered)).toEqual([status]);
    const methods = backend.sessions.flatMap(({ received }) => received.map(({ method }) => method));
    expect(methods).toEqual(status === 200 ? ['initialize', 'tools/list'] : ['initialize']);
  });
});

function of(id: string): string {
  return `Mcp-Session-Id: ${id}`;
}

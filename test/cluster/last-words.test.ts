import { describe, expect, it } from 'vitest';
import { lastEvents, lastWords, lostInFlight } from '../../src/cluster/last-words.js';
import { requestsIn, Unanswered } from '../../src/cluster/unanswered.js';

const REASON = lostInFlight('node-1');
const BOTH = 'application/json, text/event-stream';
const error = (id: unknown) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: REASON } });

describe('a request of which no answer has begun', () => {
  it('is answered with an error on an event stream', () => {
    const { status, rawHeaders, body } = lastWords({ method: 'POST', accept: BOTH, ids: [1, 'a'], reason: REASON });
    expect(status).toBe(200);
    expect(rawHeaders).toContain('text/event-stream');
    expect(body).toBe(
      `event: message\ndata: ${JSON.stringify(error(1))}\n\nevent: message\ndata: ${JSON.stringify(error('a'))}\n\n`,
    );
  });

  it.each([
    ['application/json', [1], error(1)],
    ['application/json, text/event-stream;q=0', [1, 2], [error(1), error(2)]],
  ])('is answered in JSON if that is all the client accepts: %s', (accept, ids, expected) => {
    const { status, rawHeaders, body } = lastWords({ method: 'POST', accept, ids, reason: REASON });
    expect(status).toBe(200);
    expect(rawHeaders).toContain('application/json');
    expect(JSON.parse(body)).toEqual(expected);
  });

  it('is answered with 502 if it carries nothing that can be answered', () => {
    const { status, body } = lastWords({ method: 'POST', accept: BOTH, ids: [], reason: REASON });
    expect(status).toBe(502);
    expect(JSON.parse(body)).toEqual({ ...error(null) });
  });
});

it('says that the request may have run, and which node was lost', () => {
  expect(REASON).toContain('node-1');
  expect(REASON).toContain('may have run');
});

describe('what is not answered yet', () => {
  it('are the requests of a body, without notifications and responses', () => {
    const body = [
      { jsonrpc: '2.0', id: 1, method: 'a' },
      { jsonrpc: '2.0', method: 'b' },
      { jsonrpc: '2.0', id: 's', method: 'c' },
      { jsonrpc: '2.0', id: 9, result: {} },
    ];
    expect(requestsIn(Buffer.from(JSON.stringify(body)))).toEqual([1, 's']);
    expect(requestsIn(Buffer.from('{"id":'))).toEqual([]);
    expect(requestsIn(undefined)).toEqual([]);
  });

  it('are the requests whose response did not pass by', () => {
    const open = new Unanswered(() => [1, 2, 's']);
    open.sees(Buffer.from('\u{feff}data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'));
    open.sees(
      Buffer.from(
        'event: message\r\ndata: {"jsonrpc":"2.0",\r\ndata: "id":"s","error":{"code":1,"message":""}}\r\n\r\n',
      ),
    );
    // A server request with the same id is no response, and an event of another type is no message.
    open.sees(
      Buffer.from('data: {"jsonrpc":"2.0","id":2,"method":"ping"}\n\nevent: other\ndata: {"id":2,"result":{}}\n\n'),
    );
    expect(open.ids).toEqual([2]);
  });

  it('keeps ids that JavaScript cannot hold', () => {
    const ids = requestsIn(Buffer.from('[{"id":9007199254740993,"method":"a"},{"id":9007199254740992,"method":"b"}]'));
    const open = new Unanswered(() => ids);
    open.sees(Buffer.from('data: {"id":9007199254740992,"result":{}}\n\n'));
    expect(lastEvents(open.ids, REASON)).toContain('"id":9007199254740993,');
    expect(lastEvents(open.ids, REASON)).not.toContain('9007199254740992');
  });
});

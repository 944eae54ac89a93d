import { describe, expect, it } from 'vitest';
import { lastWords, lostInFlight } from '../../src/cluster/last-words.js';

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

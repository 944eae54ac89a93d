/** What `DEBUG=mcp-backchannel:*` prints: enough to follow a message, and nothing of what it says. */
import { format, stripVTControlCharacters } from 'node:util';
import createDebug from 'debug';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { answer, elicit, failure, notification, request } from '../support/messages.js';

const SECRET = 'hunter2';
const lines: string[] = [];
const { log } = createDebug;

/** The line without colours, and without the time that goes with them. */
function plain(line: string): string {
  return stripVTControlCharacters(line).replace(/ \+\d+m?s$/, '');
}

beforeEach(() => {
  lines.length = 0;
  createDebug.log = (...args: unknown[]) => lines.push(plain(format(...args)));
});

afterEach(() => {
  createDebug.log = log;
  createDebug.disable();
});

/** Every kind of message there is, each with a secret wherever a payload may be. */
async function traffic(): Promise<void> {
  const inner = new NullHttpTransport();
  const transport = withBackchannel(inner);
  transport.onerror = () => {
    throw new Error('onerror fails');
  };
  transport.onmessage = (message) => {
    if (message.id === 'bad') throw new Error('the handler fails');
  };
  const extra = { authInfo: { token: SECRET }, requestInfo: { headers: { authorization: SECRET } } };
  const secret = { secret: SECRET, _meta: { secret: SECRET } };
  inner.deliver(request('call-1', 'tools/call', secret), extra);
  inner.deliver(request('call-1', 'tools/list', secret), extra);
  inner.deliver(request('bad', 'tools/call', secret), extra);
  await transport.send(elicit('question-1', secret));
  inner.deliver(answer('question-1', secret), extra);
  inner.deliver(failure('question-2'), extra);
  inner.deliver(notification('notifications/roots/list_changed', secret), extra);
  for (const strange of [null, SECRET, { secret: SECRET }, { id: null, method: SECRET }]) inner.deliver(strange, extra);
  await transport.send(notification('notifications/message', secret), { relatedRequestId: 'stale-1', secret: SECRET });
  await transport.send(answer('call-1', secret));
  await transport.send(notification('notifications/progress', { progressToken: SECRET }));
  await transport.send(elicit('question-3', secret), { relatedRequestId: 'stale-1' }).catch(() => undefined);
  inner.write = async () => Promise.reject(new Error('the wire is cut'));
  await transport.send(elicit('question-4', secret)).catch(() => undefined);
  await transport.close();
}

/** The lines of one namespace, from where the message begins. */
function linesOf(namespace: string): string[] {
  const begin = `mcp-backchannel:${namespace} `;
  return lines.filter((line) => line.includes(begin)).map((line) => line.slice(line.indexOf(begin) + begin.length));
}

describe('debug output', () => {
  beforeEach(async () => {
    createDebug.enable('mcp-backchannel:*');
    await traffic();
  });

  test('has no payload, no credential and no option in it', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.includes(SECRET))).toEqual([]);
  });

  test('names each message that comes in', () => {
    expect(linesOf('inbound')).toEqual([
      'request tools/call (id "call-1")',
      'request tools/list (id "call-1")',
      'request tools/call (id "bad")',
      'response (id "question-1")',
      'response (id "question-2")',
      'notification notifications/roots/list_changed',
      ...Array<string>(4).fill('message of no known kind'),
    ]);
  });

  test('names each message that is sent', () => {
    expect(linesOf('outbound')).toEqual([
      'response (id "bad")',
      'request elicitation/create (id "question-1")',
      'notification notifications/message',
      'response (id "call-1")',
      'notification notifications/progress',
      'request elicitation/create (id "question-3")',
      'request elicitation/create (id "question-4")',
    ]);
  });

  test('says of each route where it leads and why', () => {
    const routes = linesOf('route');
    expect(routes).toHaveLength(5);
    expect(routes[0]).toMatch(/^elicitation\/create "question-1" → request "call-1" \(sole\): delivered after \d+ ms$/);
    expect(routes[1]).toMatch(/^notifications\/message → request "call-1" \(sole, asked for "stale-1"\): delivered/);
    expect(routes[2]).toContain('refused');
    expect(routes[3]).toContain('elicitation/create "question-3" → nowhere');
    expect(routes[4]).toContain('failed');
  });

  test('names what went wrong by its code', () => {
    const errors = linesOf('error').join('\n');
    for (const code of ['DUPLICATE_REQUEST_ID', 'CALLBACK_FAILED', 'UNKNOWN_PROGRESS_TOKEN']) {
      expect(errors).toContain(code);
    }
    expect(errors).toContain('onerror threw');
  });
});

test('nothing is printed unless it is asked for', async () => {
  createDebug.disable();
  await traffic();
  expect(lines).toEqual([]);
});

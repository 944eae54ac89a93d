import { describe, expect, test } from 'vitest';
import { NO_STREAMS, reduce, type OpenStreams, type StreamEvent } from '../../src/streams/open-streams.js';

const GET_1 = { name: 'the first GET' };
const GET_2 = { name: 'the second GET' };
const POST = { name: 'a POST' };

const began: StreamEvent = { type: 'began' };
const sse: StreamEvent = { type: 'response-began', mode: 'sse' };
const json: StreamEvent = { type: 'response-began', mode: 'json' };
const standalone = (connection: object): StreamEvent => ({ type: 'became-standalone', connection });
const ended = (connection: object, resumable = false): StreamEvent[] => [
  { type: 'finished', connection, resumable },
  { type: 'ended' },
];

interface Row {
  readonly title: string;
  readonly events: readonly StreamEvent[];
  readonly expected: OpenStreams;
}

const rows: Row[] = [
  { title: 'nothing has happened: nothing is known', events: [], expected: NO_STREAMS },
  {
    title: 'a connection is open: the client is there, whatever it wants',
    events: [began],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
  {
    title: 'a POST is answered with a stream',
    events: [began, sse],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 1, responseMode: 'sse' },
  },
  {
    title: 'a POST is answered in JSON',
    events: [began, json],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 1, responseMode: 'json' },
  },
  {
    title: 'the last answer tells how requests are answered',
    events: [began, json, began, sse],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 2, responseMode: 'sse' },
  },
  {
    title: 'a standalone stream that can be resumed is stored while it is gone',
    events: [began, standalone(GET_1), ...ended(GET_1, true)],
    expected: { standalone: undefined, standaloneIsResumable: true, connections: 0, responseMode: undefined },
  },
  {
    title: 'and no longer when there is a standalone stream again',
    events: [began, standalone(GET_1), ...ended(GET_1, true), began, standalone(GET_2)],
    expected: { standalone: GET_2, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
  {
    title: 'how requests are answered is still known when the POST has ended',
    events: [began, json, ...ended(POST)],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 0, responseMode: 'json' },
  },
  {
    title: 'a GET is the standalone stream',
    events: [began, standalone(GET_1)],
    expected: { standalone: GET_1, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
  {
    title: 'the GET ends: there is no standalone stream',
    events: [began, standalone(GET_1), ...ended(GET_1)],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 0, responseMode: undefined },
  },
  {
    title: 'a POST ends: the standalone stream stays',
    events: [began, standalone(GET_1), began, ...ended(POST)],
    expected: { standalone: GET_1, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
  {
    title: 'a GET takes the place of another',
    events: [began, standalone(GET_1), began, standalone(GET_2)],
    expected: { standalone: GET_2, standaloneIsResumable: false, connections: 2, responseMode: undefined },
  },
  {
    title: 'the late end of the old GET does not close the new one',
    events: [began, standalone(GET_1), began, standalone(GET_2), ...ended(GET_1)],
    expected: { standalone: GET_2, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
  {
    title: 'the new GET ends before the old one: the old one does not come back',
    events: [began, standalone(GET_1), began, standalone(GET_2), ...ended(GET_2)],
    expected: { standalone: undefined, standaloneIsResumable: false, connections: 1, responseMode: undefined },
  },
];

describe('the streams that are known when', () => {
  test.each(rows)('$title', ({ events, expected }) => {
    expect(events.reduce(reduce, NO_STREAMS)).toEqual(expected);
  });
});

test('connections are compared by identity: one that looks the same is another', () => {
  const streams = [began, standalone(GET_1), ...ended({ ...GET_1 })].reduce(reduce, NO_STREAMS);
  expect(streams.standalone).toBe(GET_1);
});

test('nothing that was known before is changed in place', () => {
  const before = Object.freeze([began, sse, standalone(GET_1)].reduce(reduce, NO_STREAMS));
  for (const event of [began, sse, json, standalone(GET_2), ...ended(GET_1)]) reduce(before, event);
  expect(before).toEqual({ standalone: GET_1, standaloneIsResumable: false, connections: 1, responseMode: 'sse' });
  expect(NO_STREAMS).toEqual({
    standalone: undefined,
    standaloneIsResumable: false,
    connections: 0,
    responseMode: undefined,
  });
});

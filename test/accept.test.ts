import { expect, it } from 'vitest';
import { acceptedIn } from '../src/accept.js';

it.each([
  ['application/json, text/event-stream', 'both'],
  ['text/event-stream, application/json', 'both'],
  ['*/*', 'both'],
  ['APPLICATION/*,TEXT/*', 'both'],
  ['application/json ; charset=utf-8, text/event-stream;q=0.001', 'both'],
  ['application/*', 'json'],
  ['application/json;q=1.0', 'json'],
  ['*/*;q=0.1, text/*;q=0', 'json'],
  ['text/event-stream', 'stream'],
  ['*/*, application/json; q = 0', 'stream'],
  ['application/*;q=0.000, */*', 'stream'],
  ['*/*;q=0, text/event-stream', 'stream'],
  ['*/*;q=0', 'nothing'],
  ['application/jsonp, text/event-streams', 'nothing'],
  ['json', 'nothing'],
  ['', 'nothing'],
  [',;,', 'nothing'],
  [undefined, 'nothing'],
])('%s accepts %s', (header, what) => {
  expect(acceptedIn(header)).toEqual({
    json: what === 'both' || what === 'json',
    stream: what === 'both' || what === 'stream',
  });
});

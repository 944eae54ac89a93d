import { expect, it } from 'vitest';
import { Replay } from '../../src/http/replay.js';

it('gives what the store gave, and then what it has not given of this stream', () => {
  const replay = new Replay();
  replay.gave('1', 'a');
  replay.stored('other', '2', 'b');
  replay.stored('stream', '3', 'c');
  replay.stored('stream', '4', 'd');
  replay.gave('3', 'c');
  expect(replay.textOf('stream')).toBe('acd');
});

it('says what it has given, wherever it came from', () => {
  const replay = new Replay();
  replay.gave('1', 'a');
  replay.stored('stream', '2', 'b');
  replay.stored('other', '3', 'c');
  expect([...replay.given]).toEqual(['1']);
  replay.textOf('stream');
  expect([...replay.given]).toEqual(['1', '2']);
});

it('gives nothing if nothing was missed', () => {
  expect(new Replay().textOf('stream')).toBe('');
});

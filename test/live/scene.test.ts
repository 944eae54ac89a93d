import { expect, it } from 'vitest';
import { lanesOf, NO_FILTER } from '../../src/live/lanes.js';
import { Model } from '../../src/live/model.js';
import { sceneOf } from '../../src/live/scene.js';
import type { Scene } from '../../src/live/shapes.js';
import { svgText } from '../../src/live/svg-text.js';
import { AXIS_HEIGHT, GUTTER } from '../../src/live/time-axis.js';
import { manyRecords } from './many.js';
import { inOrder, START, Story } from './records.js';

const WIDTH = GUTTER + 1_000;

function drawn(story: Story | Model, to: number, scrollTop = 0, height = 500): Scene {
  const model = story instanceof Model ? story : Model.of(story.records);
  const window = { from: START, to: START + to };
  const view = { window, width: WIDTH, height, scrollTop, now: START + to, selected: undefined };
  return sceneOf(lanesOf(model, NO_FILTER, view.now, window), view);
}

const texts = ({ shapes }: Scene): string[] => shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));
const looks = ({ shapes }: Scene, look: string): number =>
  shapes.filter((shape) => shape.look.split(' ').includes(look)).length;

it('puts a call where its time is', () => {
  const scene = drawn(new Story('1').open().call(250, 1).end(500, 1), 1_000);
  const bar = scene.shapes.find(({ look }) => look.startsWith('bar'));
  expect(bar).toMatchObject({ kind: 'rect', look: 'bar ok', x: GUTTER + 250, width: 250, call: 0 });
});

it('draws the lanes that can be seen, and no others', () => {
  const model = Model.of(manyRecords(10_000, 200, START));
  const scene = drawn(model, 600_000);
  const names = texts(scene).filter((text) => /^[\da-f]{8}$/.test(text));
  expect(names).toEqual(['00000000', '00000001', '00000002', '00000003', '00000004', '00000005']);
  const [first] = texts(drawn(model, 600_000, 8_600)).filter((text) => /^[\da-f]{8}$/.test(text));
  expect(first).toBe('00000064');
});

it('draws calls on the same pixel once, except those that need a look', () => {
  const story = new Story('1').open();
  for (let id = 0; id < 5_000; id++)
    story.call(id * 200, id).end(id * 200 + 20, id, id === 17 ? { outcome: 'error' } : {});
  const scene = drawn(story, 1_000_000);
  expect(looks(scene, 'ok')).toBeLessThanOrEqual(1_000);
  expect(looks(scene, 'failed')).toBe(1);
});

it('leaves out sessions that are not of the time that is shown', () => {
  const gone = new Story('gone').open(-9_000);
  gone.tell('session-ended', -8_000, { reason: 'left', by: 'client', durationMs: 1_000 });
  const scene = drawn(Model.of(inOrder(gone, new Story('here').open(), new Story('later').open(5_000))), 1_000);
  expect(texts(scene)).toContain('here');
  expect(texts(scene)).not.toContain('gone');
  expect(texts(scene)).not.toContain('later');
});

it('draws an arrow to the client, how long a question waited for it, and one back', () => {
  const story = new Story('1').open().call(0, 1);
  const question = story.ask(100, { to: 'nowhere', outcome: 'parked', call: undefined, evidence: undefined });
  story.route(600, question, { call: 1, evidence: 'sole', waitedMs: 500 }).answer(900, question);
  const scene = drawn(story, 1_000);
  const paths = (look: string): string[] =>
    scene.shapes.flatMap((one) => (one.kind === 'path' && one.look === look ? [one.d] : []));
  const [client, proxy, backend] = [AXIS_HEIGHT + 18, AXIS_HEIGHT + 36, AXIS_HEIGHT + 72];
  const x = (at: number): number => GUTTER + at;
  expect(paths('question good')).toEqual([
    `M${x(100)} ${backend}L${x(100)} ${proxy}`,
    `M${x(600)} ${proxy}L${x(600)} ${client}`,
  ]);
  expect(paths('parked good')).toEqual([`M${x(100)} ${proxy}L${x(600)} ${proxy}`]);
  expect(paths('turn good')).toEqual([`M${x(600)} ${client}L${x(900)} ${client}`]);
  expect(paths('answer good')).toEqual([`M${x(900)} ${client}L${x(900)} ${backend}`]);
  expect(texts(scene)).toContain('elicitation/create 0 · sole · waited 500 ms');
});

it('names a question only if the arrow of the next leaves room, or if it needs a look', () => {
  const story = new Story('1').open().call(0, 1);
  for (const at of [0, 100, 200, 500]) story.answer(at + 10, story.ask(at, { call: 1 }));
  story.ask(600, { to: 'nowhere', outcome: 'refused', error: 'AMBIGUOUS', call: undefined });
  story.answer(650, story.ask(640, { call: 1 }));
  const scene = drawn(story, 1_000);
  const named = texts(scene).filter((text) => text.startsWith('elicitation'));
  expect(named.map((text) => text.split(' ')[1])).toEqual(['2', '4']);
  // On top of all arrows.
  const last = (kind: string, look: string): number =>
    scene.shapes.findLastIndex((one) => one.kind === kind && one.look.includes(look));
  expect(scene.shapes.findIndex((one) => one.kind === 'text' && one.text === named[0])).toBeGreaterThan(
    last('path', 'answer'),
  );
});

it('draws a question without a stream in red at once, and one that the client has when it is late', () => {
  const parked = new Story('1').open().call(0, 1);
  parked.ask(900, { to: 'nowhere', outcome: 'parked', call: undefined });
  expect(looks(drawn(parked, 1_000), 'bad')).toBeGreaterThan(0);
  const asked = new Story('1').open().call(0, 1);
  asked.ask(900, { call: 1 });
  expect(looks(drawn(asked, 1_000), 'bad')).toBe(0);
  expect(looks(drawn(asked, 6_000), 'bad')).toBeGreaterThan(0);
});

it('writes a picture that nothing which clients say can break', () => {
  const story = new Story('1', '</text><script>alert(1)</script>').open().call(0, 1, 'a"b&c\u0000\ud800');
  const svg = svgText(drawn(story.end(900, 1), 1_000), '.a > .b {}', 'A <title>');
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;/text&gt;&lt;scr');
  expect(svg).toContain('a&quot;b&amp;c\ufffd\ufffd 1');
  expect(svg).toContain('<title>A &lt;title&gt;</title>');
});

import { expect, it } from 'vitest';
import { AnswerBody } from '../../../src/backends/http/answer-body.js';

function stage() {
  const calls: string[] = [];
  const body = new AnswerBody({
    abort: ({ message }) => calls.push(`abort: ${message}`),
  });
  return { body, calls };
}

const seen = (): { readonly texts: string[]; readonly read: (chunk: Buffer) => void } => {
  const texts: string[] = [];
  return { texts, read: (chunk) => texts.push(chunk.toString()) };
};

it('what came before there was a reader is read first', async () => {
  const { body, calls } = stage();
  const { texts, read } = seen();
  body.arrived(Buffer.from('a'));
  const end = body.read(read);
  body.arrived(Buffer.from('b'));
  body.ended();
  expect([await end, texts, calls]).toEqual([undefined, ['a', 'b'], []]);
});

it('a body that has ended is read all the same', async () => {
  const { body } = stage();
  const { texts, read } = seen();
  body.arrived(Buffer.from('a'));
  body.ended();
  expect([await body.read(read), texts]).toEqual([undefined, ['a']]);
});

it('tells why it broke off, after all that had come', async () => {
  const { body } = stage();
  const { texts, read } = seen();
  body.arrived(Buffer.from('a'));
  body.ended(new Error('cut'));
  expect([await body.read(read), texts]).toEqual([new Error('cut'), ['a']]);
});

it('a reader may end it: nothing more is read, and the connection is given up once', async () => {
  const { body, calls } = stage();
  const texts: string[] = [];
  body.arrived(Buffer.from('a'));
  body.arrived(Buffer.from('b'));
  const end = body.read((chunk) => {
    texts.push(chunk.toString());
    body.destroy(new Error('too long'));
  });
  body.arrived(Buffer.from('c'));
  body.destroy();
  expect([await end, texts, calls]).toEqual([new Error('too long'), ['a'], ['abort: too long']]);
});

it('a reader is told why it has ended a body that had come whole', async () => {
  const { body, calls } = stage();
  body.arrived(Buffer.from('a'));
  body.ended();
  const end = body.read(() => {
    body.destroy(new Error('too long'));
  });
  expect([await end, calls]).toEqual([new Error('too long'), []]);
});

it('as a stream, it ends as it does, after all that had come', async () => {
  const { body } = stage();
  const stream = body.stream();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  body.arrived(Buffer.alloc(100_000));
  await expect.poll(() => Buffer.concat(chunks).length).toBe(100_000);
  body.ended(new Error('cut'));
  await expect(new Promise((_, reject) => stream.once('error', reject))).rejects.toThrow('cut');
});

it('a stream that nobody reads is given up before it fills the memory', () => {
  const { body, calls } = stage();
  const stream = body.stream();
  for (let mebibytes = 0; mebibytes < 20; mebibytes++) body.arrived(Buffer.alloc(1_048_576));
  expect(calls).toEqual(['abort: it comes faster than it can be read']);
  expect(stream.readableLength).toBeLessThan(18_000_000);
});

it('a stream that is destroyed gives up the connection', () => {
  const { body, calls } = stage();
  body.stream().destroy(new Error('enough'));
  expect(calls.at(-1)).toBe('abort: enough');
});

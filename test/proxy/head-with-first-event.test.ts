/** The head of an answer, its first event and its end leave together. */
import { createServer, type ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { sendHeadWithFirstEvent } from '../../src/proxy/head-with-first-event.js';
import { closers, listen } from './support.js';

const closing = closers();

async function answered(answer: (response: ServerResponse) => void): Promise<string> {
  const http = createServer((_request, response) => {
    sendHeadWithFirstEvent(response);
    answer(response);
  });
  const url = await listen(http);
  closing(async () => new Promise((resolve) => http.close(resolve)));
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

it('an answer that was held back with its response, not with its socket, lost its end on Node 24', async () => {
  const text = await answered((response) => {
    response.writeHead(200);
    response.write('the first event, ');
    response.end('and the end');
  });
  expect(text).toBe('the first event, and the end');
});

it('an answer that ends in another turn than it began in comes whole, too', async () => {
  const text = await answered((response) => {
    response.writeHead(200);
    response.write('the first event, ');
    setImmediate(() => response.end('and the end'));
  });
  expect(text).toBe('the first event, and the end');
});

it('a head that nothing follows is held back for a moment only', async () => {
  let end = (): void => undefined;
  const http = createServer((_request, response) => {
    sendHeadWithFirstEvent(response);
    response.writeHead(200).flushHeaders();
    end = () => response.end('the end');
  });
  const url = await listen(http);
  closing(async () => new Promise((resolve) => http.close(resolve)));
  const answer = await fetch(url, { headers: { connection: 'close' } });
  end();
  expect(await answer.text()).toBe('the end');
});

it('leaves in its place who watches what is written, after the first write too', async () => {
  const seen: unknown[] = [];
  const text = await answered((response) => {
    const write = response.write.bind(response);
    response.write = (...args: unknown[]) => {
      seen.push(args[0]);
      return write(...(args as Parameters<typeof write>));
    };
    for (const part of ['one ', 'two ']) response.write(part);
    response.end('three');
  });
  expect(text).toBe('one two three');
  expect(seen).toEqual(['one ', 'two ']);
});

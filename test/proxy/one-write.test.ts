import { createServer, get } from 'node:http';
import { expect, it } from 'vitest';
import { inOneWrite } from '../../src/proxy/one-write.js';
import { listen } from './support.js';

it('leaves in its place who watches what is written, after the first write too', async () => {
  const seen: unknown[] = [];
  const http = createServer((_request, response) => {
    inOneWrite(response);
    const write = response.write.bind(response);
    response.write = (...args: unknown[]) => {
      seen.push(args[0]);
      return write(...(args as Parameters<typeof write>));
    };
    for (const part of ['one ', 'two ', 'three']) response.write(part);
    response.end();
  });
  const url = await listen(http);
  const text = await new Promise<string>((resolve) => {
    get(url, { agent: false }, (answer) => {
      let read = '';
      answer.setEncoding('utf8').on('data', (part: string) => (read += part));
      answer.once('end', () => {
        resolve(read);
      });
    });
  });
  await new Promise((resolve) => http.close(resolve));
  expect(text).toBe('one two three');
  expect(seen).toEqual(['one ', 'two ', 'three']);
});

/** A server behind the command that is stopped in mid-call, by a debugger or a busy machine, and goes on. */
import { afterEach, expect, test } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { healthOf, MIRROR, mirrored, Started } from './support.js';

const started = new Started();
const stopped = new Set<() => unknown>();
afterEach(async () => {
  // One that is stopped does not hear that it is to end.
  for (const goOn of stopped) goOn();
  stopped.clear();
  await started.end();
});

/** Stops the server while it waits for an answer of the user, and lets it go on when `meanwhile` is done. */
async function stopInMidCall(
  client: StrictClient,
  signal: (name: NodeJS.Signals) => unknown,
  meanwhile: () => Promise<unknown>,
): Promise<string[]> {
  client.answer('elicitation/create', () => undefined);
  const question = client.next(({ message }) => message.method === 'elicitation/create');
  const asking = client.start('tools/call', { name: 'ask' }, 'asking');
  const { message } = await question;

  stopped.add(() => signal('SIGCONT'));
  signal('SIGSTOP');
  const seen = client.arrivals.length;
  const replied = client.reply(message.id, { action: 'accept', content: { answer: 'Ada' } });
  const later = client.start('tools/call', { name: 'ask' }, 'later');
  await later.exchange;
  await meanwhile();
  expect(client.arrivals.slice(seen), 'said by a server that is stopped').toEqual([]);

  client.answer('elicitation/create', () => ({ action: 'decline' }));
  signal('SIGCONT');
  expect((await replied).status).toBe(202);
  return Promise.all(
    [asking, later].map(async ({ response }) => {
      const { content } = (await response).result as { readonly content: { readonly text: string }[] };
      return content.map(({ text }) => text).join('');
    }),
  );
}

test('a process of the command that is stopped in mid-call and goes on answers what was asked, and others are served meanwhile', async () => {
  const { url } = await started.endpoint(MIRROR);
  const client = await started.client(url);
  const { pid } = await mirrored(client);
  const texts = await stopInMidCall(
    client,
    (name) => process.kill(pid, name),
    async () => expect((await mirrored(await started.client(url))).pid).not.toBe(pid),
  );
  expect(texts).toEqual(['accept', 'decline']);
  await expect(healthOf(url)).resolves.toMatchObject({ status: 'ok', sessions: 2 });
  expect((await mirrored(client)).pid).toBe(pid);
});

test('an HTTP server that is stopped in mid-call and goes on answers what was asked, and the command lives meanwhile', async () => {
  const server = await started.backendOverHttp();
  const { url } = await started.endpoint(['--url', server.url]);
  const client = await started.client(url);
  const texts = await stopInMidCall(
    client,
    (name) => server.process.kill(name),
    async () => expect(healthOf(url)).resolves.toMatchObject({ status: 'ok', sessions: 1 }),
  );
  expect(texts).toEqual(['ask: accept Ada', 'ask: decline']);
  expect(await client.callTool('ask')).toBe('ask: decline');
});

/** The session ends while messages wait for a stream: each is settled, and nothing is left running. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { elicit, notification } from '../../support/messages.js';
import type { Live } from '../../support/live.js';
import { lives } from '../../support/lives.js';

const open = lives();
const PROGRAM = fileURLToPath(new URL('../../support/programs/close-with-parked.ts', import.meta.url));
const PARKED = { backchannel: { parkTimeoutMs: 60_000 } };

type Ending = 'close' | 'delete';
const ENDINGS: readonly Ending[] = ['close', 'delete'];

async function end(live: Live, ending: Ending): Promise<void> {
  if (ending === 'close') await live.transport.close();
  else expect((await live.client.delete()).status).toBe(200);
}

/** What became of `send()`: `'sent'`, or the code of the error. */
async function send(live: Live, message: unknown): Promise<unknown> {
  return live.transport.send(message as never).then(
    () => 'sent',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe.each(ENDINGS)('when the session ends by %s', (ending) => {
  test('requests that wait are rejected, notifications that wait are reported, and onclose is called once', async () => {
    const live = await open(PARKED);
    let closed = 0;
    live.server.onclose = () => closed++;
    const requests = [send(live, elicit('first')), send(live, elicit('second'))];
    expect(await send(live, notification('notifications/message'))).toBe('sent');
    expect(await send(live, notification('notifications/tools/list_changed'))).toBe('sent');

    await end(live, ending);
    expect(await Promise.all(requests)).toEqual(['CLOSED', 'CLOSED']);
    expect(live.errors).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }]);
    const outcomes = live.routes.map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...Array<string>(4).fill('parked'), ...Array<string>(4).fill('refused')]);
    expect(closed).toBe(1);
  });

  test('news that has waited longer than its time, for the next request, is reported as well', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20 } });
    await send(live, notification('notifications/tools/list_changed'));
    expect(await send(live, elicit('first'))).toBe('PARK_TIMEOUT');
    await end(live, ending);
    expect(live.errors).toMatchObject([{ code: 'CLOSED' }]);
    expect(live.routes.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'notifications/tools/list_changed parked',
      'elicitation/create parked',
      'elicitation/create refused',
      'notifications/tools/list_changed refused',
    ]);
  });

  test('an SDK server has its question rejected, and nothing is taken afterwards', async () => {
    const live = await open(PARKED);
    const answer = live.ask('is anybody here?');
    await end(live, ending);
    await expect(answer).rejects.toThrow();
    expect(await send(live, elicit('after'))).toBe('CLOSED');
  });

  test('bare: requests and notifications were dropped before, and nobody was told', async () => {
    const live = await open({ wrapped: false });
    expect(await send(live, elicit('first'))).toBe('sent');
    expect(await send(live, notification('notifications/message'))).toBe('sent');
    await end(live, ending);
    expect(await send(live, elicit('after'))).toBe('sent');
    expect(live.errors).toEqual([]);
  });

  test('a program ends by itself, with no timer left', async () => {
    const { code, output } = await run(PROGRAM, ending);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      codes: ['CLOSED', 'CLOSED'],
      reported: ['CLOSED', 'CLOSED'],
      // For what waits, for the question that a client which is gone has left open, and for writes that do not end.
      timersBefore: 3,
      timersAfter: 0,
    });
  });
});

/** Runs a program until it has ended, by itself or not. */
async function run(program: string, ...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    const options = { timeout: 15_000 };
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', program, ...args],
      options,
      (error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? error?.signal, output: stdout || stderr });
      },
    );
  });
}

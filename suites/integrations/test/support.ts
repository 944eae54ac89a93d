/** One question, asked with GET never opened: what hangs without the package, and not with it. */
import { expect } from 'vitest';
import { StrictClient } from '../../../examples/lib/strict-client.js';

/** What a test has opened: closed again in reverse. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** A client that never opens the standalone stream, and says yes to everything. */
  async client(url: string, headers: Readonly<Record<string, string>> = {}): Promise<StrictClient> {
    const client = await StrictClient.connect(url, {
      headers,
      answers: { 'elicitation/create': () => ({ action: 'accept', content: { answer: 'yes' } }) },
    });
    this.add(() => {
      client.vanish();
    });
    return client;
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** The call hangs, and its question is gone: it was asked before the echo was answered. */
export async function expectHang(client: StrictClient): Promise<void> {
  const asking = client.start('tools/call', { name: 'ask', arguments: {} });
  // It is accepted, and so before the next one.
  await asking.exchange;
  await client.callTool('echo');
  expect(client.arrivals.filter(({ message }) => message.method === 'elicitation/create')).toEqual([]);
  expect(client.arrivals.map(({ message }) => message.id)).not.toContain(asking.id);
}

/** Three calls, one after the other: each is asked on its own stream, and answered. */
export async function expectWorks(client: StrictClient): Promise<void> {
  const streams: string[] = [];
  for (let call = 0; call < 3; call++) {
    const asking = client.start('tools/call', { name: 'ask', arguments: {} });
    const { result } = await asking.response;
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'ask: accept yes' }] });
    streams.push(`POST ${String(asking.id)}`);
  }
  const questions = client.arrivals.filter(({ message }) => message.method === 'elicitation/create');
  expect(questions.map(({ stream }) => stream)).toEqual(streams);
}

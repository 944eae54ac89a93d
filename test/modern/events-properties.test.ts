/** Random sequences of messages of modern clients and an earlier backend, and what holds for the events. */
import { createServer } from 'node:http';
import fc from 'fast-check';
import { createStatefulProxy, type ProxyEvent } from 'mcp-backchannel/proxy';
import { expect, test } from 'vitest';
import { ScriptedBackend, type ScriptedSession } from '../proxy/scripted-backend.js';
import { closers, listen } from '../proxy/support.js';
import { brokenRules } from '../support/event-rules.js';
import { openPost, type RawOptions } from './raw-modern.js';

const closing = closers();

/** More of them with `RUNS`. */
const numRuns = Number(process.env['RUNS'] ?? 15);

const WHAT = fc.oneof(
  { weight: 4, arbitrary: fc.constant('call' as const) },
  { weight: 2, arbitrary: fc.constantFrom('answer' as const, 'ask' as const, 'retry' as const) },
  fc.constantFrom('visit' as const, 'leave' as const, 'die' as const, 'forge' as const, 'contradict' as const),
);
const STEPS = fc.array(fc.record({ what: WHAT, id: fc.constantFrom<string | number>(7, '7', 'a') }), {
  maxLength: 12,
  size: 'max',
});
type Step = typeof STEPS extends fc.Arbitrary<(infer T)[]> ? T : never;

interface Suspension {
  readonly requestState: string;
  readonly inputRequests: object;
}

/** A call that is not over, as far as its client and its backend know. */
interface OpenCall {
  readonly session: ScriptedSession;
  readonly id: string | number;
  response: Promise<Response>;
  leaving: AbortController;
  suspension?: Suspension;
}

class World {
  readonly #calls: OpenCall[] = [];
  /** The ids of the requests that got an error of the proxy. */
  readonly refused: (string | number)[] = [];
  #questions = 0;

  constructor(
    private readonly url: string,
    private readonly backend: ScriptedBackend,
  ) {}

  async step({ what, id }: Step): Promise<void> {
    switch (what) {
      case 'call':
        return this.#call(id);
      case 'forge':
        return this.#refused({ name: 'any', requestState: 'forged' }, { id });
      case 'contradict':
        return this.#refused({ name: 'any' }, { id, headers: { 'mcp-name': 'other' } });
      case 'answer':
        return this.#answered({ result: { content: [] } });
      case 'visit':
        return this.#suspended({ id: this.#open?.id ?? null, error: { code: -32_042, message: 'visit', data: VISIT } });
      case 'ask':
        return this.#suspended({ id: `q${this.#questions++}`, method: 'elicitation/create', params: QUESTION });
      case 'retry':
        return this.#retry(id);
      case 'leave': {
        const call = this.#open;
        if (call === undefined) return;
        this.#forget(call);
        call.leaving.abort();
        return;
      }
      case 'die': {
        const session = this.#open?.session;
        await session?.transport.close();
        for (const call of this.#calls.filter((each) => each.session === session)) this.#forget(call);
      }
    }
  }

  end(): void {
    for (const { leaving } of this.#calls) leaving.abort();
  }

  get #open(): OpenCall | undefined {
    return this.#calls.find(({ suspension }) => suspension === undefined);
  }

  #forget(call: OpenCall): void {
    this.#calls.splice(this.#calls.indexOf(call), 1);
  }

  async #call(id: string | number, leaving = new AbortController()): Promise<void> {
    const before = this.#arrived.length;
    const response = openPost(this.url, 'tools/call', { name: 'any' }, { id, capabilities, signal: leaving.signal });
    response.catch(() => undefined);
    await expect.poll(() => this.#arrived.length, { interval: 2 }).toBe(before + 1);
    const arrived = this.#arrived.at(-1);
    if (arrived !== undefined) this.#calls.push({ ...arrived, response, leaving });
  }

  /** The calls that the backend has, in no order that matters but for the last one. */
  get #arrived(): readonly Pick<OpenCall, 'session' | 'id'>[] {
    const known = new Set(this.#seen);
    for (const session of this.backend.sessions)
      for (const message of session.received)
        if (message.method === 'tools/call' && !known.has(message)) {
          this.#seen.push(message);
          this.#seenAs.push({ session, id: message.id ?? '' });
        }
    return this.#seenAs;
  }
  readonly #seen: object[] = [];
  readonly #seenAs: Pick<OpenCall, 'session' | 'id'>[] = [];

  async #refused(params: object, options: RawOptions): Promise<void> {
    this.refused.push(options.id ?? '');
    const response = await openPost(this.url, 'tools/call', params, options);
    expect(await response.json()).toMatchObject({ id: options.id, error: {} });
  }

  async #answered(answer: object): Promise<void> {
    const call = this.#open;
    if (call === undefined) return;
    this.#forget(call);
    await call.session.send({ id: call.id, ...answer });
    await (await call.response).text();
  }

  async #suspended(message: object): Promise<void> {
    const call = this.#open;
    if (call === undefined) return;
    await call.session.send(message);
    const { result } = (await (await call.response).json()) as { readonly result: Suspension };
    expect(result).toMatchObject({ resultType: 'input_required' });
    call.suspension = result;
  }

  async #retry(id: string | number): Promise<void> {
    const call = this.#calls.find(({ suspension }) => suspension !== undefined);
    if (call?.suspension === undefined) return;
    const { requestState, inputRequests } = call.suspension;
    const keys = Object.keys(inputRequests);
    const inputResponses = Object.fromEntries(keys.map((key) => [key, { action: 'accept', content: {} }]));
    this.#forget(call);
    const before = this.#arrived.length;
    const answers = call.session.received.length;
    const leaving = new AbortController();
    const params = { name: 'any', requestState, inputResponses };
    const response = openPost(this.url, 'tools/call', params, { id, capabilities, signal: leaving.signal });
    response.catch(() => undefined);
    await expect.poll(() => call.session.received.length, { interval: 2 }).toBe(answers + 1);
    // After a visit, the backend is called again.
    const again = this.#arrived.length > before ? this.#arrived.at(-1) : undefined;
    this.#calls.push({ session: call.session, id: again?.id ?? call.id, response, leaving });
  }
}

const capabilities = { elicitation: { form: {}, url: {} } };
const QUESTION = { message: '?', requestedSchema: { type: 'object', properties: {} } };
const VISIT = { elicitations: [{ mode: 'url', message: '?', url: 'https://example.com/', elicitationId: 'e' }] };

test('each call, question, session and round that is told of ends once, and no other does', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, async (steps) => {
      const backend = new ScriptedBackend();
      const proxy = createStatefulProxy({ upstream: backend.upstream });
      const events: ProxyEvent[] = [];
      proxy.events$.subscribe((event) => events.push(event));
      const http = createServer(proxy.listener);
      const world = new World(await listen(http), backend);
      closing(() => {
        http.closeAllConnections();
        http.close();
      });
      for (const step of steps) await world.step(step);
      await proxy.close();
      world.end();
      expect(brokenRules(events)).toEqual([]);
      const ofNoSession = events.filter(({ session }) => session === undefined);
      expect(ofNoSession.flatMap((event) => (event.kind === 'call' ? [event.id] : []))).toEqual(world.refused);
    }),
    { numRuns },
  );
}, 120_000);

/** What `events$` tells of calls, questions, sessions and backends, over real HTTP. */
import type { ProxyEvent, StatefulProxy } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { startCall, textOf } from '../support/stage.js';
import { ScriptedBackend } from './scripted-backend.js';
import { proxies } from './support.js';

const open = proxies();

function eventsOf({ events$ }: StatefulProxy): ProxyEvent[] {
  const events: ProxyEvent[] = [];
  events$.subscribe((event) => events.push(event));
  return events;
}

/** Without `initialize`, which begins every session. */
function afterStart(events: readonly ProxyEvent[]): readonly ProxyEvent[] {
  return events.slice(events.findIndex(({ kind }) => kind === 'call-ended') + 1);
}

const kinds = (events: readonly ProxyEvent[]): string[] => events.map(({ kind }) => kind);

async function scripted() {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const events = eventsOf(stage.proxy);
  const client = await stage.connect();
  const [session] = backend.sessions;
  if (session === undefined) throw new Error('the backend has no session');
  return { ...stage, events, client, session };
}

async function ended(events: readonly ProxyEvent[], kind: ProxyEvent['kind']): Promise<void> {
  await expect.poll(() => kinds(events)).toContain(kind);
}

const call = (client: StrictClient, id: string | number = 7) => client.start('tools/call', { name: 'deploy' }, id);

describe('events$', () => {
  it('tells of a call, its question, the route and the answer, in their order', async () => {
    const stage = await open('in-memory');
    const events = eventsOf(stage.proxy);
    const client = await stage.connect('ann');
    expect(kinds(events)).toEqual(['session-opened', 'call', 'backend-started', 'call-ended']);
    const { id, ...started } = await startCall(client, 'ask');
    await textOf({ id, ...started });
    const [asked, question, route, answer, done] = afterStart(events);
    const whose = { session: client.sessionId, client: 'strict-client' };
    expect(asked).toMatchObject({ kind: 'call', ...whose, id, method: 'tools/call', target: 'ask' });
    expect(question).toMatchObject({ kind: 'question', ...whose, method: 'elicitation/create', target: undefined });
    expect(route).toMatchObject({ kind: 'route', ...whose, call: id, to: 'request', outcome: 'delivered' });
    expect(answer).toMatchObject({ kind: 'answer', ...whose, by: 'client', outcome: 'accept' });
    expect(done).toMatchObject({ kind: 'call-ended', ...whose, id, target: 'ask', outcome: 'result' });
  });

  it.each([
    [{ result: { isError: true } }, { outcome: 'tool-error', code: undefined, error: undefined }],
    [{ error: { code: -32602, message: 'no such tool' } }, { outcome: 'error', code: -32602, error: 'no such tool' }],
  ])('tells how a call has ended: %j', async (answer, outcome) => {
    const { events, client, session } = await scripted();
    call(client);
    await session.got({ id: 7 });
    await session.send({ id: 7, ...answer });
    await expect.poll(() => events.at(-1)).toMatchObject({ kind: 'call-ended', id: 7, ...outcome });
  });

  it('tells of progress, and which call it is of', async () => {
    const { events, client, session } = await scripted();
    client.start('tools/call', { name: 'deploy', _meta: { progressToken: 'p' } }, 7);
    await session.got({ id: 7 });
    await session.send({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1, total: 4 } });
    await ended(events, 'progress');
    expect(events.find(({ kind }) => kind === 'progress')).toMatchObject({ call: 7, progress: 1, total: 4 });
  });

  it('tells that the client has cancelled a call, and its answer all the same', async () => {
    const { events, client, session } = await scripted();
    call(client);
    await session.got({ id: 7 });
    await client.notify('notifications/cancelled', { requestId: 7, reason: 'enough' });
    await session.got({ method: 'notifications/cancelled' });
    await session.send({ id: 7, result: {} });
    await expect.poll(() => kinds(afterStart(events))).toEqual(['call', 'call-cancelled', 'call-ended']);
    expect(afterStart(events)[1]).toMatchObject({ id: 7, method: 'tools/call', target: 'deploy', reason: 'enough' });
  });

  it('tells that the backend has taken a question back', async () => {
    const { events, client, session } = await scripted();
    client.answer('elicitation/create', async () => new Promise(() => undefined));
    call(client);
    await session.got({ id: 7 });
    await session.send({ id: 'q', method: 'elicitation/create', params: {} });
    await session.send({ method: 'notifications/cancelled', params: { requestId: 'q' } });
    await ended(events, 'answer');
    expect(events.find(({ kind }) => kind === 'answer')).toMatchObject({
      id: 'q',
      by: 'backend',
      outcome: 'taken-back',
    });
  });

  it('tells that a question could not be asked, and why', async () => {
    const { events, client, session } = await scripted();
    call(client, 7);
    call(client, 8);
    await Promise.all([session.got({ id: 7 }), session.got({ id: 8 })]);
    await client.notify('notifications/cancelled', { requestId: 7 });
    await session.got({ method: 'notifications/cancelled' });
    await session.send({ id: 7, result: {} });
    await session.send({ id: 8, result: {} });
    await expect.poll(() => kinds(events).filter((kind) => kind === 'call-ended')).toHaveLength(3);
    await session.send({ id: 'q', method: 'elicitation/create', params: {} });
    const told =
      (await expect.poll(() => kinds(events)).toContain('route'), events.find(({ kind }) => kind === 'route'));
    expect(told).toMatchObject({ id: 'q', call: undefined, to: 'nowhere', outcome: 'parked' });
  });

  it('ends every call of a session that ends, and says who ended it', async () => {
    const { events, client, session } = await scripted();
    call(client);
    await session.got({ id: 7 });
    await client.delete();
    await ended(events, 'session-ended');
    expect(afterStart(events).slice(1)).toMatchObject([
      { kind: 'call-ended', id: 7, outcome: 'session-ended', error: 'The session has ended: the client has ended it' },
      {
        kind: 'backend-ended',
        reason: 'the client has ended it',
        by: 'session',
        exitCode: undefined,
        signal: undefined,
      },
      { kind: 'session-ended', session: client.sessionId, by: 'client' },
    ]);
  });

  it('tells with which code the process of a backend has ended', async () => {
    const stage = await open('stdio');
    const events = eventsOf(stage.proxy);
    const client = await stage.connect();
    const pid = events.find((event) => event.kind === 'backend-started')?.pid;
    expect(pid).toBeTypeOf('number');
    process.kill(pid ?? 0, 'SIGKILL');
    await ended(events, 'session-ended');
    expect(afterStart(events)).toMatchObject([
      {
        kind: 'backend-ended',
        session: client.sessionId,
        reason: expect.stringContaining('the backend has closed') as string,
      },
      { kind: 'session-ended', by: 'backend' },
    ]);
    expect(stage.errors).not.toEqual([]);
  });

  it('tells of two calls with the same id, and of the end of each', async () => {
    const { events, client, session } = await scripted();
    call(client);
    await session.got({ id: 7 });
    await client.post({ jsonrpc: '2.0', id: 7, method: 'tools/list' });
    await session.got({ method: 'tools/list' });
    await session.send({ id: 7, result: {} });
    await session.send({ id: 7, result: {} });
    await expect.poll(() => afterStart(events)).toHaveLength(4);
    expect(afterStart(events)).toMatchObject([
      { kind: 'call', method: 'tools/call' },
      { kind: 'call', method: 'tools/list' },
      { kind: 'call-ended', method: 'tools/call' },
      { kind: 'call-ended', method: 'tools/list' },
    ]);
  });

  it('tells that a call was refused, and not that an older one with its id has ended', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { maxInFlight: 1 });
    const events = eventsOf(stage.proxy);
    const client = await stage.connect();
    call(client);
    await backend.session().got({ id: 7 });
    await client.post({ jsonrpc: '2.0', id: 7, method: 'tools/list' });
    await ended(afterStart(events), 'call-ended').catch(() => undefined);
    await expect.poll(() => kinds(afterStart(events))).toEqual(['call', 'call', 'call-ended']);
    expect(events.at(-1)).toMatchObject({ method: 'tools/list', outcome: 'refused' });
  });

  it('tells nothing of what began before anybody watched, and completes', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect();
    call(client);
    await backend.sessions[0]?.got({ id: 7 });
    let isComplete = false;
    const events = eventsOf(stage.proxy);
    stage.proxy.events$.subscribe({ complete: () => (isComplete = true) });
    await backend.sessions[0]?.send({ id: 7, result: {} });
    await stage.proxy.close();
    expect(kinds(events)).toEqual(['backend-ended', 'session-ended']);
    expect(isComplete).toBe(true);
  });

  it('survives a subscriber that throws', async () => {
    const stage = await open('in-memory');
    stage.proxy.events$.subscribe(() => {
      throw new Error('mine');
    });
    const events = eventsOf(stage.proxy);
    await stage.connect();
    expect(kinds(events)).toContain('call-ended');
    expect(stage.errors).toHaveLength(events.length);
    expect(stage.errors[0]).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'mine' } });
  });
});

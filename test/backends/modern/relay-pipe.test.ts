/** What many clients send through one pipe, and who gets what comes back. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PipeRelay } from '../../../src/backends/modern/relay-pipe.js';
import { LostAnswer } from '../../../src/lost-answer.js';
import { jsonOf } from '../../../src/json-messages.js';
import type { RelayListener } from '../../../src/modern-relay.js';
import { keepText } from '../../../src/original-text.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { STAMP_KEY } from '../../../src/routing/stamp.js';
import type { TransportLike } from '../../../src/transport-like.js';

class Server implements TransportLike {
  onmessage: TransportLike['onmessage'];
  onclose: TransportLike['onclose'];
  onerror: TransportLike['onerror'];
  readonly received: string[] = [];
  isClosed = false;

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JsonRpcMessage): Promise<void> {
    this.received.push(jsonOf(message));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  /** Says what it has written. */
  say(text: string): void {
    const message = JSON.parse(text) as JsonRpcMessage;
    keepText(message, text);
    this.onmessage?.(message);
  }

  ids(): unknown[] {
    return this.received.map((text) => (JSON.parse(text) as { id: unknown }).id);
  }
}

interface Told extends RelayListener {
  readonly log: unknown[][];
}

function listener(): Told {
  const log: unknown[][] = [];
  const told =
    (name: string) =>
    (...values: unknown[]): void =>
      void log.push([name, ...values]);
  return {
    log,
    events: told('events'),
    whole: told('whole'),
    refused: told('refused'),
    ended: told('ended'),
    broke: (reason) => void log.push(['broke', reason.message]),
  };
}

let servers: Server[];
let errors: Error[];
let relay: PipeRelay;

beforeEach(() => {
  [servers, errors] = [[], []];
  relay = new PipeRelay({
    connect: () => {
      const server = new Server();
      servers.push(server);
      return Promise.resolve(server);
    },
    report: (error) => errors.push(error),
  });
});

const ACCEPT = new Headers({ accept: 'application/json, text/event-stream' });

function post(body: string, accept = ACCEPT): Told & { readonly leave: () => void } {
  const told = listener();
  const leave = relay.post({ body, headers: {}, clientHeaders: accept }, told);
  return { ...told, leave };
}

function latest(): Server {
  const server = servers.at(-1);
  if (server === undefined) throw new Error('no server has been run');
  return server;
}

const sent = async (count: number): Promise<Server> => {
  await expect.poll(() => servers.at(-1)?.received.length).toBe(count);
  return latest();
};

const PING = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}';

describe('one server for many clients', () => {
  it('gets requests as they were written, but for their ids and tokens, and its answers go back likewise', async () => {
    const client = post(
      '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call",' +
        '"params":{"name":"a","arguments":{"n":1.0000000000000000001},"_meta":{"progressToken":"mine","x":1.50}}}',
    );
    const server = await sent(1);
    const [id] = server.ids() as [string];
    expect(server.received[0]).toContain('"arguments":{"n":1.0000000000000000001}');
    expect(server.received[0]).toContain('"x":1.50');
    expect(JSON.parse(server.received[0] ?? '')).toMatchObject({ params: { _meta: { progressToken: id } } });
    server.say(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"${id}","progress":0.10}}`,
    );
    server.say(`{"jsonrpc":"2.0","id":"${id}","result":{"n":2.0000000000000000002}}`);
    expect(client.log).toEqual([
      [
        'events',
        'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"mine","progress":0.10}}\n\n',
      ],
      [
        'events',
        'event: message\ndata: {"jsonrpc":"2.0","id":12345678901234567890,"result":{"n":2.0000000000000000002}}\n\n',
      ],
      ['ended'],
    ]);
  });

  it('sends to nobody what does not say whose it is, even if only one client is there', async () => {
    const client = post(PING);
    const server = await sent(1);
    server.say('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"of whom?"}}');
    server.say('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}');
    server.say('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(client.log).toEqual([]);
  });

  it('says by its stamp whose a log is, which its client does not see', async () => {
    const [one, other] = [post(PING), post(PING)];
    const server = await sent(2);
    const params = { level: 'info', data: 'yours', _meta: { [STAMP_KEY]: server.ids()[1] } };
    server.say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params }));
    expect(one.log).toEqual([]);
    expect(other.log).toEqual([
      [
        'events',
        'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"yours"}}\n\n',
      ],
    ]);
  });

  it('streams nothing to a client that takes no stream', async () => {
    const client = post(PING, new Headers({ accept: 'application/json' }));
    const server = await sent(1);
    const params = { level: 'info', data: 'yours', _meta: { [STAMP_KEY]: server.ids()[0] } };
    server.say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params }));
    server.say(JSON.stringify({ jsonrpc: '2.0', id: server.ids()[0], result: {} }));
    expect(client.log).toEqual([
      ['whole', 200, { 'content-type': 'application/json' }, '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ]);
  });

  it('is told that a client has left, once, and its late answer goes to nobody', async () => {
    const client = post(PING);
    const server = await sent(1);
    client.leave();
    client.leave();
    await sent(2);
    const params = { requestId: server.ids()[0], reason: 'the client has left' };
    expect(JSON.parse(server.received[1] ?? '')).toEqual({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    server.say(JSON.stringify({ jsonrpc: '2.0', id: server.ids()[0], result: {} }));
    expect(client.log).toEqual([]);
  });

  it('never hears of a client that left before it was there', async () => {
    const gone = post(PING);
    gone.leave();
    post(PING.replace('"a"', '"b"'));
    const server = await sent(1);
    expect(server.received[0]).toContain('"b"');
    expect(gone.log).toEqual([]);
  });

  it('gets no notification of a client, whose ids mean nothing to it', async () => {
    const client = post('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}');
    await expect.poll(() => client.log).toEqual([['whole', 202, {}, '']]);
    expect(servers[0]?.received).toEqual([]);
  });

  it('is refused if it asks', async () => {
    post(PING);
    const server = await sent(1);
    server.say('{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}');
    await sent(2);
    expect(JSON.parse(server.received[1] ?? '')).toMatchObject({ id: 'q', error: { code: -32_601 } });
    expect(errors).toHaveLength(1);
  });

  it('ends all calls when it ends, and another one takes the next', async () => {
    const [one, other] = [post(PING), post(PING)];
    (await sent(2)).onclose?.();
    for (const { log } of [one, other]) expect(log).toEqual([['broke', 'the server has ended']]);
    post(PING);
    await sent(1);
    expect(servers).toHaveLength(2);
  });

  it('ends the call whose answer cannot be read', async () => {
    const [one, other] = [post(PING), post(PING)];
    const server = await sent(2);
    server.onerror?.(new LostAnswer('unreadable', { about: server.ids()[1] as string }));
    server.onerror?.(new Error('other'));
    expect(one.log).toEqual([]);
    expect(other.log).toEqual([['broke', 'the server sent no valid answer to this request']]);
    expect(errors.map(({ message }) => message)).toEqual(['unreadable', 'other']);
  });

  it('that cannot be reached is tried again', async () => {
    let isThere = false;
    const connect = (): Promise<TransportLike> => {
      if (!isThere) return Promise.reject(new Error('not there'));
      servers.push(new Server());
      return Promise.resolve(latest());
    };
    relay = new PipeRelay({ connect, report: (error) => errors.push(error) });
    const client = post(PING);
    await expect.poll(() => client.log).toEqual([['broke', 'not there']]);
    isThere = true;
    post(PING);
    await sent(1);
    await relay.close();
    expect(servers[0]?.isClosed).toBe(true);
  });
});

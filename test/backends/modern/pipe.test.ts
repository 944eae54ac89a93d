import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, vi } from 'vitest';
import { AutoPipe } from '../../../src/backends/modern/auto-pipe.js';
import { ModernPipeTransport } from '../../../src/backends/modern/modern-pipe-transport.js';
import { PipeWire } from '../../../src/backends/modern/pipe-wire.js';
import { ChildTransport } from '../../../src/backends/stdio/child-transport.js';
import { Children } from '../../../src/backends/stdio/process-groups.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import type { TransportLike } from '../../../src/transport-like.js';
import { modernStage, textOf, type ModernStage } from './modern-stage.js';
import { programArgs } from '../../support/built-programs.js';

const PROGRAM = new URL('stdio-program.ts', import.meta.url);

interface PipeStage extends ModernStage {
  /** The methods of what the server was sent. */
  readonly sent: string[];
  readonly stderr: string[];
}

async function pipeStage(
  options: { readonly args?: readonly string[]; readonly isNamed?: boolean; readonly isModern?: boolean } = {},
): Promise<PipeStage> {
  const [sent, stderr]: [string[], string[]] = [[], []];
  const era = { isModern: options.isModern ?? false };
  const stage = await modernStage(() => undefined, {
    upstream: () => {
      const child = new ChildTransport({
        command: process.execPath,
        args: [...programArgs(PROGRAM), ...(options.args ?? [])],
        env: {},
        cwd: undefined,
        children: new Children(),
        onStderr: (line) => stderr.push(line),
      });
      const send = child.send.bind(child);
      child.send = async (message: JsonRpcMessage) => {
        sent.push(String(message.method));
        await send(message);
      };
      return options.isNamed === true ? new ModernPipeTransport(child) : new AutoPipe(child, era);
    },
  });
  return { ...stage, sent, stderr };
}

describe('a modern server over stdio', () => {
  it.each([
    ['found out', {}, ['initialize', 'server/discover']],
    ['named', { isNamed: true }, ['server/discover', 'subscriptions/listen']],
    ['known', { isModern: true }, ['server/discover', 'subscriptions/listen']],
  ])('asks the client that called, with its era %s', async (_, options, first) => {
    const stage = await pipeStage(options);
    const client = await stage.connect();

    expect(textOf(await client.callTool({ name: 'ask', arguments: { tag: 'one' } }))).toBe('one: ann');
    expect(stage.sent.slice(0, 2)).toEqual(first);
    const asked = stage.routes.filter(({ method }) => method === 'elicitation/create');
    expect(asked).toMatchObject([{ evidence: 'context', to: 'request' }]);
    expect(stage.errors).toEqual([]);
  });

  it('that was modern and offers sessions now gets one', async () => {
    const era = { isModern: true };
    const [sent, told]: [unknown[], JsonRpcMessage[]] = [[], []];
    const pipe: TransportLike = {
      start: async () => Promise.resolve(),
      close: async () => Promise.resolve(),
      // A server that knows sessions only.
      send: async ({ id, method }: JsonRpcMessage) => {
        sent.push(method);
        const known = method === 'initialize';
        pipe.onmessage?.({
          jsonrpc: '2.0',
          id,
          ...(known ? { result: {} } : { error: { code: -32_601, message: 'what?' } }),
        });
        return Promise.resolve();
      },
    };
    const transport = new AutoPipe(pipe, era);
    transport.onmessage = (message) => told.push(message);

    await transport.send({ jsonrpc: '2.0', id: 'a', method: 'initialize', params: {} });

    expect(sent).toEqual(['server/discover', 'initialize']);
    expect(told).toEqual([{ jsonrpc: '2.0', id: 'a', result: {} }]);
    expect(era.isModern).toBe(false);
  });

  it('gives a cancelled request an end, of which nothing is left', async () => {
    const pipe: TransportLike = {
      start: async () => Promise.resolve(),
      close: async () => Promise.resolve(),
      send: async () => Promise.resolve(),
    };
    const wire = new PipeWire(pipe, { message: () => undefined, error: () => undefined }, () => undefined);
    const exchange = wire.open();
    await exchange.send({ method: 'subscriptions/listen', params: {} });

    exchange.cancel();

    expect(await exchange.answer).toHaveProperty('error');
  });

  it('that offers sessions gets one', async () => {
    const stage = await pipeStage({ args: ['both'] });
    const client = await stage.connect();

    await client.listTools();

    expect(stage.sent).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });

  it('asks each of eight calls side by side about its own, and reports the progress of each to it', async () => {
    const stage = await pipeStage();
    const asked: string[] = [];
    const client = await stage.connect({
      elicit: async ({ message }) => {
        asked.push(message);
        return Promise.resolve({ action: 'accept', content: { answer: `about ${message}` } });
      },
    });
    const tags = Array.from({ length: 8 }, (_, n) => `tag${n}`);
    const progress: string[] = [];

    const results = await Promise.all(
      tags.map(async (tag) =>
        client.callTool({ name: 'ask', arguments: { tag } }, undefined, {
          onprogress: (told) => progress.push(`${tag} ${told.progress}`),
        }),
      ),
    );

    expect(results.map(textOf)).toEqual(tags.map((tag) => `${tag}: about ${tag}`));
    expect(asked.sort()).toEqual(tags);
    expect(progress.sort()).toEqual(tags.flatMap((tag) => [`${tag} 1`, `${tag} 2`]));
    const routes = stage.routes.filter(({ method }) => method === 'elicitation/create');
    expect(new Set(routes.map(({ relatedRequestId }) => relatedRequestId)).size).toBe(8);
    expect(routes.every(({ evidence }) => evidence === 'context')).toBe(true);
  });

  it('is told that a call is cancelled', async () => {
    const stage = await pipeStage();
    const client = await stage.connect();
    const aborter = new AbortController();
    const call = client.callTool({ name: 'hang' }, undefined, { signal: aborter.signal });
    const failed = expect(call).rejects.toThrow('no more');

    await vi.waitFor(() => {
      expect(stage.sent).toContain('tools/call');
    });
    aborter.abort(new Error('no more'));

    await failed;
    await vi.waitFor(() => {
      expect(stage.stderr).toContain('cancelled');
    });
  });

  it('tells of changes', async () => {
    const stage = await pipeStage();
    const client = await stage.connect();
    const told: unknown[] = [];
    client.setNotificationHandler(ToolListChangedNotificationSchema, ({ params }) => void told.push(params ?? {}));
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params));

    await client.subscribeResource({ uri: 'test://a' });
    await client.callTool({ name: 'touch' });

    await vi.waitFor(() => {
      expect(told).toContainEqual({});
      expect(told).toContainEqual({ uri: 'test://a' });
    });
  });

  it('that ends fails its calls and ends the session', async () => {
    const stage = await pipeStage();
    const client = await stage.connect();

    await expect(client.callTool({ name: 'die' })).rejects.toThrow('backend');
  });
});

import { inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deferred } from '../../support/deferred.js';
import { FORM, modernStage, textOf, toolText, type Seen } from './modern-stage.js';

const isCall = ({ body }: Seen): boolean => body.method === 'tools/call';

function answer({ response, body }: Seen, result: unknown): true {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id: body.id, result }));
  return true;
}

const inputSchema = z.object({});

describe('a call of a modern server', () => {
  it('reports its progress before its result', async () => {
    const stage = await modernStage((server) => {
      server.registerTool('work', { inputSchema }, async (_, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken ?? 'none';
        for (const progress of [1, 2, 3])
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
        return toolText('done');
      });
    });
    const client = await stage.connect();
    const told: unknown[] = [];

    const result = await client.callTool({ name: 'work' }, undefined, {
      onprogress: ({ progress, total }) => told.push(`${progress} of ${String(total)}`),
    });

    expect([...told, textOf(result)]).toEqual(['1 of 3', '2 of 3', '3 of 3', 'done']);
    const routes = stage.routes.filter(({ method }) => method === 'notifications/progress');
    expect(routes.map(({ to }) => to)).toEqual(['request', 'request', 'request']);
  });

  it('logs nothing until the client asks for a level, and from then on what is of that level', async () => {
    const stage = await modernStage(
      (server) => {
        server.registerTool('log', { inputSchema }, async (_, { mcpReq }) => {
          for (const level of ['debug', 'info', 'error'] as const)
            // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers still use it
            await mcpReq.log(level, `it is ${level}`);
          return toolText('done');
        });
      },
      { serverOptions: { capabilities: { logging: {} } } },
    );
    const client = await stage.connect();
    const told: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params.data));

    await client.callTool({ name: 'log' });
    expect(told).toEqual([]);
    await client.setLoggingLevel('info');
    await client.callTool({ name: 'log' });
    expect(told).toEqual(['it is info', 'it is error']);

    const logs = stage.routes.filter(({ method }) => method === 'notifications/message');
    expect(logs.map(({ evidence, to }) => [evidence, to])).toEqual([
      ['context', 'request'],
      ['context', 'request'],
    ]);
    expect(stage.seen.some(({ body }) => body.method === 'logging/setLevel')).toBe(false);
  });

  it('that the client cancels is cancelled at the server', async () => {
    const [started, aborted] = [deferred<undefined>(), deferred<undefined>()];
    const stage = await modernStage((server) => {
      server.registerTool('hang', { inputSchema }, async (_, { mcpReq }) => {
        started.resolve(undefined);
        await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
        aborted.resolve(undefined);
        return toolText('late');
      });
    });
    const client = await stage.connect();
    const aborter = new AbortController();
    const call = client.callTool({ name: 'hang' }, undefined, { signal: aborter.signal });
    const failed = expect(call).rejects.toThrow('no more');

    await started.promise;
    aborter.abort(new Error('no more'));

    await failed;
    await aborted.promise;
    await stage.seen.find(isCall)?.gone;
  });

  it('that the client cancels takes its open elicitation with it', async () => {
    const stage = await modernStage((server) => {
      server.registerTool('ask', { inputSchema }, () =>
        inputRequired({ inputRequests: { who: inputRequired.elicit({ message: 'who?', requestedSchema: FORM }) } }),
      );
    });
    const [asked, withdrawn] = [deferred<undefined>(), deferred<undefined>()];
    const client = await stage.connect({
      elicit: async (_, signal) => {
        asked.resolve(undefined);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        withdrawn.resolve(undefined);
        return { action: 'cancel' };
      },
    });
    const aborter = new AbortController();
    const call = client.callTool({ name: 'ask' }, undefined, { signal: aborter.signal });
    const failed = expect(call).rejects.toThrow('no more');

    await asked.promise;
    aborter.abort(new Error('no more'));

    await failed;
    await withdrawn.promise;
    expect(stage.seen.filter(isCall)).toHaveLength(1);
  });

  it('is repeated after a pause if the server only wants its state back', async () => {
    const at: number[] = [];
    const stage = await modernStage((server: McpServer) => {
      server.registerTool('busy', { inputSchema }, (_, { mcpReq }) => {
        at.push(performance.now());
        const state = mcpReq.requestState<string>() ?? '';
        return state === 'xx' ? toolText('done') : inputRequired({ requestState: `${state}x` });
      });
    });
    const client = await stage.connect();

    expect(textOf(await client.callTool({ name: 'busy' }))).toBe('done');
    expect(at).toHaveLength(3);
    // Timers may be early by a millisecond.
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(245);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThan(370);
  });

  it('fails if its stream ends without a result, and is not sent again', async () => {
    const stage = await modernStage(() => undefined, {
      intercept: (seen) => {
        if (!isCall(seen)) return false;
        seen.response.setHeader('content-type', 'text/event-stream').write('id: 1\nretry: 1\ndata: \n\n');
        seen.response.end();
        return true;
      },
    });
    const client = await stage.connect();

    await expect(client.callTool({ name: 'work' })).rejects.toThrow('broke off its answer');
    await client.ping();
    expect(stage.seen.filter(isCall)).toHaveLength(1);
  });

  it.each([
    ['of an unknown method', { inputRequests: { a: { method: 'tools/list' } } }],
    ['that is no object', { inputRequests: { a: 5 } }],
    ['with nothing in it', {}],
  ])('fails if it needs input %s', async (_, needed) => {
    const stage = await modernStage(() => undefined, {
      intercept: (seen) => isCall(seen) && answer(seen, { resultType: 'input_required', ...needed }),
    });
    const client = await stage.connect();

    await expect(client.callTool({ name: 'work' })).rejects.toThrow('asks for input');
  });

  it('fails with the error of the server, whatever its status', async () => {
    const stage = await modernStage(() => undefined);
    const client = await stage.connect();

    await expect(client.request({ method: 'foo/bar' }, z.object({}) as never)).rejects.toMatchObject({ code: -32601 });
    await client.ping();
  });
});

import { format } from 'node:util';
import createDebug from 'debug';
import { expect, it, vi } from 'vitest';
import { ScriptedBackend } from './scripted-backend.js';
import { closers, proxies } from './support.js';

const closing = closers();
const open = proxies();

it('begins each line about a message or a stream with the session that it belongs to, so that clients can be told apart', async () => {
  const log = vi.spyOn(createDebug, 'log').mockImplementation(() => undefined);
  createDebug.enable('mcp-backchannel:inbound,mcp-backchannel:outbound,mcp-backchannel:route,mcp-backchannel:stream');
  closing(() => {
    createDebug.disable();
    log.mockRestore();
  });
  const stage = await open('stdio');
  const clients = [await stage.connect(), await stage.connect()];
  for (const client of clients) {
    await client.openGet();
    await client.callTool('echo').catch(() => undefined);
  }

  const lines = log.mock.calls.map((args) => format(...(args as unknown[])));
  for (const { sessionId = '' } of clients) {
    const short = `[${nameOf(sessionId)}] `;
    for (const said of ['request tools/call', 'response (id', 'a stream has opened'])
      expect(lines.join('\n')).toContain(`${short}${said}`);
    expect(lines.join('\n')).not.toContain(sessionId);
  }
});

it('tells on mcp-backchannel:proxy when sessions and backends begin and end, and why, but no whole id', async () => {
  const log = vi.spyOn(createDebug, 'log').mockImplementation(() => undefined);
  createDebug.enable('mcp-backchannel:proxy');
  closing(() => {
    createDebug.disable();
    log.mockRestore();
  });
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const [one, other] = [await stage.connect(), await stage.connect()];
  const [first, second] = [one, other].map(({ sessionId = '' }) => nameOf(sessionId));
  await one.delete();
  await backend.session(1).transport.close();

  const text = log.mock.calls.map((args) => format(...(args as unknown[]))).join('\n');
  const lines = [
    ...[`session ${first} opened`, `backend of session ${first} started`, `session ${second} opened`],
    ...[`backend of session ${second} started`, `session ${first} ended: the client has ended it`],
    ...[`backend of session ${second} lost: the backend has closed`, `session ${second} ended: the backend has closed`],
  ];
  for (const line of lines) expect(text).toContain(line);
  for (const { sessionId = '' } of [one, other]) expect(text).not.toContain(sessionId);
});

/** The beginning of an id, without the node that stands before it in a cluster. */
function nameOf(sessionId: string): string {
  return sessionId.slice(sessionId.indexOf('.') + 1).slice(0, 8);
}

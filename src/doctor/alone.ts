/** What a proxy of Streamable HTTP says for itself, whatever server is behind it: statuses that the revision names. */
import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { PROTOCOL_VERSION } from './messages.js';
import type { HeaderFields } from './http-exchange.js';

export interface Statement {
  readonly title: string;
  /** `false`: it is not what the revision says. */
  readonly ok: boolean;
  readonly detail: string;
}

/** `undefined`: nothing was answered in time, or the connection broke. */
interface Answered {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const POST = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: 'mcp-backchannel-doctor', version: '1.0.0' },
  },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** Each is told by the status and headers of one answer, without its body. */
export async function observeAlone(
  url: string,
  headers: HeaderFields,
  timeoutMs: number,
): Promise<readonly Statement[]> {
  const ask = async (method: string, fields: HeaderFields, message?: object): Promise<Answered> =>
    answerTo(url, method, { ...headers, ...fields }, message && JSON.stringify(message), timeoutMs);
  const said: Statement[] = [];
  const say = (title: string, { status }: Answered, good: readonly number[], what: string): void => {
    const told = status === undefined ? 'no answer' : String(status);
    const ok = status !== undefined && good.includes(status);
    said.push({ title, ok, detail: ok ? told : `${told}, not ${what}` });
  };

  const foreign = await ask('POST', { ...POST, origin: 'http://attacker.example' }, INITIALIZE);
  say('foreign Origin', foreign, [403], '403: a web page could use it');
  await end(foreign);
  const opened = await ask('POST', POST, INITIALIZE);
  const id = opened.headers['mcp-session-id'];
  if (typeof id !== 'string') {
    said.unshift({ title: 'session', ok: false, detail: 'no Mcp-Session-Id: no question can be answered' });
    return said;
  }
  said.unshift({ title: 'session', ok: true, detail: 'Mcp-Session-Id' });
  const session = { 'mcp-session-id': id, 'mcp-protocol-version': PROTOCOL_VERSION };
  say('notification', await ask('POST', { ...POST, ...session }, INITIALIZED), [202], '202');
  say('GET stream', await ask('GET', { accept: 'text/event-stream', ...session }), [200, 405], '200 or 405');
  const unknown = await ask('POST', { ...POST, ...session, 'mcp-session-id': randomUUID() }, PING);
  say('unknown session', unknown, [404], '404: clients do not open a new one');
  const ended = await ask('DELETE', session);
  say('DELETE', ended, [200, 202, 204, 405], '200 or 405');
  if (ended.status !== undefined && ended.status < 300)
    say('ended session', await ask('POST', { ...POST, ...session }, PING), [404], '404');
  return said;

  /** One that was let in has a session, which nobody needs. */
  async function end({ headers: { 'mcp-session-id': other } }: Answered): Promise<void> {
    if (typeof other === 'string') await ask('DELETE', { 'mcp-session-id': other });
  }
}

async function answerTo(
  url: string,
  method: string,
  headers: HeaderFields,
  body: string | undefined,
  timeoutMs: number,
): Promise<Answered> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp;
    const outgoing = request(
      url,
      { method, agent: false, headers, signal: AbortSignal.timeout(timeoutMs) },
      (answer) => {
        const done = (): void => {
          resolve({ status: answer.statusCode, headers: answer.headers });
          answer.destroy();
        };
        answer.on('error', done).once('close', done);
        // A stream that is meant to stay open has been told of by its headers.
        if (method === 'GET') done();
        else answer.resume();
      },
    );
    outgoing.on('error', () => {
      resolve({ status: undefined, headers: {} });
    });
    outgoing.end(body);
  });
}

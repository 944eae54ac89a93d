/** What takes one of the places that there are for sessions. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { JSON_HEADERS } from '../support/raw-http.js';
import { CALL, INITIALIZE, answerTo, send, sessionOf, type Got } from './raw-http.js';
import { proxies, type ProxyStage } from './support.js';

const open = proxies();

describe('an initialize whose body comes slowly', () => {
  /** Sends half of it. */
  async function halfSent(stage: ProxyStage): Promise<{ finish: () => Promise<Got> }> {
    const arrived = once(stage.http, 'request');
    const request = httpRequest(stage.url, { method: 'POST', headers: JSON_HEADERS });
    request.write(INITIALIZE.slice(0, 20));
    await arrived;
    return {
      finish: async () => {
        request.end(INITIALIZE.slice(20));
        return answerTo(request);
      },
    };
  }

  it('keeps no place for a session', async () => {
    const stage = await open('in-memory', { maxSessions: 1 });
    const slow = await halfSent(stage);
    const id = await sessionOf(stage);
    await send(stage.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    expect((await slow.finish()).text).toContain('serverInfo');
    expect(stage.proxy.snapshot().sessions).toBe(1);
  });

  it('is refused when the places were taken meanwhile, and its session is unknown', async () => {
    const stage = await open('in-memory', { maxSessions: 1 });
    const slow = await halfSent(stage);
    await sessionOf(stage);
    const { headers, text } = await slow.finish();
    expect(text).toMatch(/Too many sessions: 1/);
    const refused = { 'mcp-session-id': String(headers['mcp-session-id']) };
    expect((await send(stage.url, { body: CALL, headers: refused })).status).toBe(404);
    expect(stage.proxy.snapshot().sessions).toBe(1);
  });
});

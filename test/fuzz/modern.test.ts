/** Whatever is posted to the door for modern clients: one answer, with a status of the specification, and everybody else is served. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { doors, type DoorStage } from '../modern/door-stage.js';
import { post } from '../modern/raw-modern.js';
import { CAPABILITIES, INFO, LEVEL, VERSION } from '../modern/requests.js';
import { RawConnection, type RawResponse } from '../support/raw-http.js';
import { fuzz } from './runs.js';

const open = doors();

const MODERN = '2026-07-28';
const METHODS = ['tools/call', 'prompts/get', 'resources/read', 'tools/list', 'server/discover', 'completion/complete'];
const OTHER_METHODS = [
  'initialize',
  'ping',
  'tasks/get',
  'subscriptions/listen',
  'notifications/x',
  'x',
  '',
  '__proto__',
];

/** The statuses that go with the code of an error. */
const STATUSES: ReadonlyMap<unknown, readonly number[]> = new Map([
  [-32700, [400]],
  [-32600, [400]],
  [-32601, [404]],
  // Of the envelope, and of what is in it.
  [-32602, [400, 200]],
  [-32603, [200]],
  [-32020, [400]],
  [-32021, [400]],
  [-32022, [400]],
  // Of HTTP, whatever the message says.
  [-32000, [405, 406, 415]],
]);

const anything = fc.jsonValue({ maxDepth: 2 });

/** Mostly right, so that the later rules are reached, too. */
function often<T, U = unknown>(right: fc.Arbitrary<T>, wrong = anything as fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ arbitrary: right, weight: 20 }, { arbitrary: wrong, weight: 1 });
}

/** What HTTP allows in a header, and no more: else it is refused before anybody sees it. */
const headerText = fc.oneof(
  fc.stringMatching(/^[aZ09 ,;="?%\t_\xe4\xff-]{0,12}$/),
  fc.constantFrom('=?base64??=', '=?base64?ZWNobw==?=', '=?base64?ZWNobw?=', '=?BASE64?ZWNobw==?=', '=?base64?//79?='),
);

const recipe = fc.record({
  verb: often(fc.constant('POST'), fc.constantFrom('GET', 'DELETE', 'PUT', 'HEAD')),
  method: fc.oneof({ arbitrary: fc.constantFrom(...METHODS), weight: 4 }, fc.constantFrom(...OTHER_METHODS)),
  id: often(fc.oneof(fc.integer(), fc.string())),
  hasId: often(fc.constant(true), fc.constant(false)),
  jsonrpc: often(fc.constant('2.0')),
  name: often(fc.constantFrom('echo', 'no such tool', '')),
  version: often(fc.constant(MODERN), fc.oneof(fc.constantFrom('2025-11-25', '2027-01-01'), anything)),
  capabilities: often(fc.constantFrom({}, { elicitation: {} }, { sampling: {}, roots: {} })),
  others: often(
    fc.constantFrom({}, { [INFO]: { name: 'a', version: '1' } }, { [LEVEL]: 'debug', progressToken: 1 }),
    fc.dictionary(fc.constantFrom(INFO, LEVEL, 'progressToken', '__proto__', 'constructor'), anything),
  ),
  retry: often(fc.constant({}), fc.record({ requestState: anything, inputResponses: anything }, { requiredKeys: [] })),
  /** Headers instead of those that repeat the body. `null`: none. */
  headers: fc.oneof(
    { arbitrary: fc.constant<Record<string, string | null>>({}), weight: 4 },
    fc.dictionary(
      fc.constantFrom('mcp-method', 'mcp-name', 'mcp-protocol-version', 'accept', 'content-type'),
      fc.option(headerText),
      { minKeys: 1, maxKeys: 2 },
    ),
  ),
  /** The text of the body, spoiled. */
  spoil: often(fc.constant(undefined), fc.constantFrom('cut', 'batch', 'empty', 'no object', 'twice')),
});

type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never;

function messageOf({ method, id, hasId, jsonrpc, name, version, capabilities, others, retry }: Recipe): object {
  const _meta = { ...others, [VERSION]: version, [CAPABILITIES]: capabilities };
  const params = { name, uri: name, arguments: { tag: 'fuzz' }, ...retry, _meta };
  return { jsonrpc, ...(hasId && { id }), method, params };
}

function bodyOf(recipe: Recipe): string {
  const text = JSON.stringify(messageOf(recipe));
  switch (recipe.spoil) {
    case 'cut':
      return text.slice(0, text.length / 2);
    case 'batch':
      return `[${text},${text}]`;
    case 'empty':
      return '';
    case 'no object':
      return '"text"';
    case 'twice':
      return text + text;
    case undefined:
      return text;
  }
}

/** As bytes: a header holds Latin-1, a body UTF-8. */
function bytesOf(url: string, recipe: Recipe): Buffer {
  const { host, pathname } = new URL(url);
  const body = Buffer.from(bodyOf(recipe));
  const headers: Record<string, string | null> = {
    host,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': MODERN,
    'mcp-method': recipe.method,
    'mcp-name': typeof recipe.name === 'string' && /^[\x20-\x7e]*$/.test(recipe.name) ? recipe.name : 'other',
    ...recipe.headers,
    'content-length': String(body.length),
    connection: 'close',
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`]));
  return Buffer.concat([Buffer.from(`${recipe.verb} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}

/** Whether the request is one of the modern era at all: by its header, or by its body. */
function isClaimed({ verb, spoil, headers: { 'mcp-protocol-version': version = MODERN } }: Recipe): boolean {
  const inBody = verb === 'POST' && (spoil === undefined || spoil === 'batch');
  return inBody || (version !== null && version.trim() >= MODERN);
}

function runsIn({ journal }: DoorStage): number {
  return [...journal.runs.values()].reduce((sum, runs) => sum + runs, 0);
}

/** @returns all that came until the server closed the connection, which it was asked to do after one answer */
async function answersTo(stage: DoorStage, recipe: Recipe): Promise<readonly RawResponse[]> {
  const connection = await RawConnection.open(stage.url);
  connection.write(bytesOf(stage.url, recipe));
  const [first] = await connection.responses(1);
  // This one has no end.
  if (recipe.method === 'subscriptions/listen' && first?.isStream === true) {
    await connection.drop();
    return [first];
  }
  await connection.until(() => false);
  const all = await connection.responses(1);
  await connection.drop();
  return all;
}

interface Message {
  readonly id?: unknown;
  readonly result?: { readonly resultType?: unknown };
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

function lastMessageIn({ body, isStream }: RawResponse): Message {
  const texts = isStream ? [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => data) : [body];
  return JSON.parse(texts.at(-1) ?? '') as Message;
}

/** What is fulfilled says the same in its headers and in its body. */
function expectAgreement({ method, name, version, headers }: Recipe): void {
  const sent = new Map<string, string | null>(Object.entries(headers));
  const saidIn = (header: string, usual: unknown): unknown => (sent.has(header) ? sent.get(header)?.trim() : usual);
  expect([version, saidIn('mcp-protocol-version', MODERN)]).toEqual([MODERN, MODERN]);
  expect(saidIn('mcp-method', method)).toBe(method);
  const encoded = `=?base64?${Buffer.from(String(name)).toString('base64')}?=`;
  if (method === 'tools/call') expect([name, encoded]).toContain(saidIn('mcp-name', name));
}

function check(recipe: Recipe, response: RawResponse, ran: number): void {
  const { status, body, isStream } = response;
  expect(body).not.toMatch(/\n\s+at |node_modules|\.ts:\d|\.js:\d/);
  if (recipe.verb !== 'POST') {
    expect(status).toBe(405);
    expect(ran).toBe(0);
    return;
  }
  if (status === 202 || (isStream && recipe.method === 'subscriptions/listen')) {
    expect(recipe.hasId).toBe(status !== 202);
    expect(ran).toBe(0);
    return;
  }
  const { id, result, error } = lastMessageIn(response);
  const isValid = typeof recipe.id === 'string' || Number.isInteger(recipe.id);
  // A body that cannot be read has no id.
  if (id !== null) expect([id, isValid && recipe.hasId]).toEqual([recipe.id, true]);
  if (error === undefined) {
    expect([status, result?.resultType]).toEqual([200, 'complete']);
    expectAgreement(recipe);
    expect(ran).toBe(recipe.method === 'tools/call' ? 1 : 0);
    return;
  }
  expect(error).toMatchObject({ code: expect.any(Number) as number, message: expect.any(String) as string });
  expect(STATUSES.get(error.code), `status ${String(status)} with ${JSON.stringify(error)}`).toContain(status);
  // The backend may have refused it after all.
  expect(ran).toBeLessThanOrEqual(status === 200 ? 1 : 0);
}

it('gives every request of a modern client one answer, and runs nothing that it refuses', async () => {
  const stage = await open('http', { modernSessions: 'lease', maxSessions: 20 });
  await fuzz(150, recipe.filter(isClaimed), async (one) => {
    const before = runsIn(stage);
    const [response, ...more] = await answersTo(stage, one);
    if (response === undefined) throw new Error('there is no answer');
    expect(more).toEqual([]);
    check(one, response, runsIn(stage) - before);
  });
  const honest = await post(stage.url, 'tools/call', { name: 'echo', arguments: { tag: 'honest' } });
  expect(honest.last.result).toMatchObject({ content: [{ text: 'echo honest' }] });
  // Half of them may be idle.
  await expect.poll(() => stage.proxy.snapshot().sessions).toBeLessThanOrEqual(10);
}, 60_000);

/** What becomes of single calls through proxies that treat them badly, and how the doctor words it. */
import { describe, it } from 'vitest';
import type { Report } from '../../src/doctor/report.js';
import { relay, type Passing } from './relay.js';
import { doctor, verdictsIn } from './support.js';

const MS = 60_000;
const BRIEFLY = ['--json', '--timeout', '2s'];

describe.concurrent('of a cancelled call, the doctor says', () => {
  const ODD: readonly (readonly [string, readonly [string, string], () => (passing: Passing) => void])[] = [
    [
      'that it was lost, where it is dropped',
      ['lost', 'the call never reached the backend'],
      () =>
        ({ tool, pass }) => {
          if (tool !== 'doctor_hold') pass();
        },
    ],
    [
      'what refuses the others, where they are refused',
      ['refused', 'HTTP 404: gone'],
      () => {
        const cancelled = new Set<unknown>();
        return ({ request, response, message, tool, pass }) => {
          const session = request.headers['mcp-session-id'];
          if (message?.method === 'notifications/cancelled') cancelled.add(session);
          if (tool === 'doctor_noted' && cancelled.has(session)) response.writeHead(404).end('gone');
          else pass();
        };
      },
    ],
    [
      'that it hangs, where no other is answered',
      ['hangs', 'the session answers no other call'],
      () => {
        const holding = new Set<unknown>();
        return ({ request, tool, pass }) => {
          const session = request.headers['mcp-session-id'];
          if (tool === 'doctor_hold') holding.add(session);
          if (tool !== 'doctor_noted' || !holding.has(session)) pass();
        };
      },
    ],
  ];

  it.for(ODD)('%s', { timeout: MS }, async ([, found, oddly], { expect, onTestFinished }) => {
    const proxy = await relay(oddly());
    onTestFinished(async () => proxy.close());
    expect(verdictsIn(await doctor(...BRIEFLY, '--url', proxy.url))['cancel']).toEqual(found);
  });
});

it(
  'uses tags and keys of its own each time, so that no note of an earlier run is taken for one of this',
  { timeout: MS },
  async ({ expect, onTestFinished }) => {
    const used: string[] = [];
    const proxy = await relay(({ tool = '', args, pass }) => {
      const name = args['tag'] ?? args['key'];
      if (/hold|later|afterwards|remember/.test(tool)) used.push(`${tool} ${String(name)}`);
      pass();
    });
    onTestFinished(async () => proxy.close());
    await Promise.all([1, 2].map(async () => doctor(...BRIEFLY, '--url', proxy.url)));
    expect(used).toHaveLength(8);
    expect(new Set(used).size).toBe(8);
  },
);

describe.concurrent('of twenty questions in one session, the doctor says', () => {
  it.for<[string, string, (passing: Passing) => void, [string, string]]>([
    ['that the third hangs', 'question 3', () => undefined, ['hangs', 'question 3 hangs: the question never came']],
    [
      'that the seventh is refused',
      'question 7',
      ({ response }) => response.writeHead(500).end('no'),
      ['refused', 'question 7: HTTP 500: no'],
    ],
  ])('%s', { timeout: MS }, async ([, tag, oddly, found], { expect, onTestFinished }) => {
    let asked = 0;
    const proxy = await relay((passing) => {
      if (/^question (?:[3-9]|\d\d)$/.test(String(passing.args['tag']))) asked++;
      if (passing.args['tag'] === tag) oddly(passing);
      else passing.pass();
    });
    onTestFinished(async () => proxy.close());
    const {
      first,
      second,
      twentieth,
      eight,
      'with-get': withGet,
    } = verdictsIn(await doctor(...BRIEFLY, '--url', proxy.url));
    expect([twentieth, withGet]).toEqual([found, found]);
    expect([first?.[0], second?.[0], eight?.[0]]).toEqual(['works', 'works', 'works']);
    // Nothing is asked after it.
    expect(asked).toBe(2 * (Number(tag.slice(-1)) - 2));
  });
});

it('says that a proxy without sessions needs them', { timeout: MS }, async ({ expect, onTestFinished }) => {
  let session = '';
  const proxy = await relay(({ request, response, message, pass }) => {
    const writeHead = response.writeHead.bind(response);
    response.writeHead = (status: number, fields?: unknown) => {
      const { 'mcp-session-id': id, ...headers } = (fields ?? {}) as Record<string, string>;
      session = id ?? session;
      return writeHead(status, headers);
    };
    request.headers['mcp-session-id'] = session;
    // Nobody knows whose answer this is.
    if (message !== undefined && message.method === undefined) response.writeHead(202).end();
    else if (message?.method === 'initialize' || session !== '') pass();
  });
  onTestFinished(async () => proxy.close());
  const { stdout, code } = await doctor('--json', '--timeout', '1s', '--url', proxy.url);
  expect((JSON.parse(stdout) as Report).advice.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^The proxy has no sessions/),
  ]);
  expect(code).toBe(1);
});

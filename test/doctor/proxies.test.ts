/** What the doctor says of proxies whose behaviour is known: our command, and an SDK proxy, bare and wrapped. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, type TestContext } from 'vitest';
import { classicProxy, type ClassicProxyOptions } from '../../examples/classic-proxy.js';
import { backendOverHttp, BACKEND, doctor, verdictsIn, type Ended } from './support.js';
import { crossingProxy } from './crossing-proxy.js';

const MS = 60_000;
const BRIEFLY = ['--json', '--timeout', '3s'];

const OWN = ['works', 'on the stream of its call'];
const GET = ['works', 'on the GET stream'];
const ALL_OWN = ['works', '8 answered, 8 on their own streams'];
const ALL_WORK = {
  first: OWN,
  second: OWN,
  twentieth: OWN,
  eight: ALL_OWN,
  'with-get': OWN,
  'eight-with-get': ALL_OWN,
  sampling: OWN,
  roots: OWN,
  progress: OWN,
  logs: OWN,
  'dropped-post': GET,
  'late-get': GET,
  'list-changed': GET,
  cancel: ['works', 'the backend is told'],
  'two-sessions': ['works', 'nothing crossed, a backend session for each'],
};

async function examine({ onTestFinished }: TestContext, options: ClassicProxyOptions): Promise<Ended> {
  const proxy = await classicProxy(options);
  onTestFinished(async () => proxy.close());
  return doctor(...BRIEFLY, '--url', proxy.url);
}

const overStdio = (): StdioClientTransport => new StdioClientTransport(BACKEND);

async function overHttp({ onTestFinished }: TestContext): Promise<() => StreamableHTTPClientTransport> {
  const backend = await backendOverHttp();
  onTestFinished(async () => backend.close());
  return () => new StreamableHTTPClientTransport(new URL(backend.url));
}

describe.concurrent('the doctor', () => {
  it.each([
    ['stdio', '-- {backend}'],
    ['HTTP', '--url {backend-url}'],
  ])(
    'finds that everything works through our command, with a backend over %s',
    async (_name, backend) => {
      const ended = await doctor(...BRIEFLY, '--proxy', `node dist/cli.js --port {port} ${backend}`);
      expect(verdictsIn(ended)).toEqual(ALL_WORK);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
    },
    MS,
  );

  it(
    'finds that questions hang and notifications are lost through a bare SDK proxy, unless the client holds GET',
    async (context) => {
      const ended = await examine(context, { wrapped: false, connectUpstream: overStdio });
      expect(verdictsIn(ended)).toEqual({
        ...ALL_WORK,
        first: ['hangs', 'the question never came'],
        second: ['hangs', 'the question never came'],
        twentieth: ['untried', 'because of the first'],
        eight: ['hangs', 'the question never came'],
        'with-get': GET,
        'eight-with-get': ['works', '8 answered, 8 on GET'],
        sampling: ['hangs', 'it never came'],
        roots: ['hangs', 'it never came'],
        progress: ['lost', '0 of 3 came'],
        logs: ['lost', '0 of 1 came'],
        'late-get': ['lost', 'the question never came, and the backend still waits'],
      });
      expect(ended.code).toBe(1);
    },
    MS,
  );

  it(
    'finds that everything works once that proxy is wrapped, with a backend over HTTP',
    async (context) => {
      const ended = await examine(context, { wrapped: true, connectUpstream: await overHttp(context) });
      expect(verdictsIn(ended)).toEqual(ALL_WORK);
      expect(ended.code).toBe(0);
    },
    MS,
  );

  it(
    'finds that concurrent calls cross where the wrapped proxy has a pipe, and nothing on it says whose a question is',
    async (context) => {
      const crosses = ['crosses', '8 answered, 1 on their own streams, 7 on that of another'];
      const ended = await examine(context, { wrapped: true, connectUpstream: overStdio });
      expect(verdictsIn(ended)).toEqual({ ...ALL_WORK, eight: crosses, 'eight-with-get': crosses });
      expect(ended.code).toBe(1);
    },
    MS,
  );

  it(
    'finds that logs of one session come to the other through a proxy with one backend session for all',
    async (context) => {
      const proxy = await crossingProxy(overStdio());
      context.onTestFinished(async () => proxy.close());
      const ended = await doctor(...BRIEFLY, '--url', proxy.url);
      // It has no handlers for what the backend asks, and passes no signal on.
      const refused = ['refused', '-32601 Method not found'];
      expect(verdictsIn(ended)).toEqual({
        first: refused,
        second: refused,
        twentieth: ['untried', 'because of the first'],
        eight: refused,
        'with-get': refused,
        'eight-with-get': refused,
        sampling: refused,
        roots: refused,
        progress: ['lost', '0 of 3 came'],
        logs: ['lost', '0 of 1 came'],
        'dropped-post': ['works', 'the backend was told: -32601 Method not found'],
        'late-get': ['works', 'the backend was told: -32601 Method not found'],
        'list-changed': ['unsupported', 'the proxy does not declare tools.listChanged'],
        cancel: ['lost', 'the backend is not told, and works on'],
        'two-sessions': ['crosses', 'logs came to the other, one backend session for all'],
      });
      expect(ended.code).toBe(1);
    },
    MS,
  );
});

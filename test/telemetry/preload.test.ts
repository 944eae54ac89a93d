/** `MCP_BACKCHANNEL_TELEMETRY=1 node --import mcp-backchannel/register proxy.js`: proxies of others, unchanged. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { BACKEND, Program } from '../support/program.js';
import { withoutPackage } from './without-package.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const SDK = new URL('fixtures/export-lines.js', import.meta.url).href;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Line {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function run(fixture: string, env: Readonly<Record<string, string>>): Program {
  const file = fileURLToPath(new URL(`../register/fixtures/${fixture}`, import.meta.url));
  const program = new Program(file, { preload: true, args: [BACKEND], env });
  open.push(async () => program.stop());
  return program;
}

async function ask(program: Program): Promise<void> {
  const client = await StrictClient.connect(await program.line(/^http/), {
    answers: { 'elicitation/create': () => ({ action: 'accept', content: { answer: 'yes' } }) },
  });
  open.push(() => {
    client.vanish();
  });
  const _meta = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
  const { error } = await client.request('tools/call', { name: 'ask', arguments: {}, _meta });
  expect(error).toBeUndefined();
}

function spansOf({ stderr }: Program): readonly Line[] {
  return [...stderr.matchAll(/^span (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as Line);
}

describe.each(['sdk1-esm.js', 'sdk1-commonjs.cjs', 'sdk2-esm.js'])('the proxy %s', (fixture) => {
  it('has spans of its calls and questions, with the SDK that it registers', async () => {
    const program = run(fixture, { MCP_BACKCHANNEL_TELEMETRY: '1', NODE_OPTIONS: `--import ${SDK}` });
    await ask(program);
    const path = await vi.waitFor(
      () => {
        const spans = spansOf(program).filter(({ traceId }) => traceId === TRACE);
        const parentOf = ({ parentSpanId }: Line): Line | undefined =>
          spans.find(({ spanId }) => spanId === parentSpanId);
        const found: Line[] = [];
        let span = spans.find(({ kind, name }) => kind === 2 && name === 'elicitation/create');
        for (; span !== undefined; span = parentOf(span)) found.unshift(span);
        expect(found).toHaveLength(4);
        return found;
      },
      { timeout: 10_000 },
    );
    expect(path.map(({ kind, name }) => `${String(kind)} ${name}`)).toEqual([
      '1 tools/call ask',
      '2 tools/call ask',
      '1 elicitation/create',
      '2 elicitation/create',
    ]);
    expect(path.map(({ attributes }) => attributes['network.transport'])).toEqual(['tcp', 'pipe', 'pipe', 'tcp']);
    expect(path[3]?.attributes['mcp_backchannel.evidence']).toMatch(/^(sole|context)$/);
  });
});

it('makes no spans unless it is asked to', async () => {
  const program = run('sdk1-esm.js', { NODE_OPTIONS: `--import ${SDK}` });
  await ask(program);
  await program.stop();
  expect(spansOf(program)).toEqual([]);
});

it('works without an SDK', async () => {
  await ask(run('sdk1-esm.js', { MCP_BACKCHANNEL_TELEMETRY: '1' }));
});

it('refuses a value that is neither 1 nor 0', async () => {
  const program = run('sdk1-esm.js', { MCP_BACKCHANNEL_TELEMETRY: 'yes' });
  expect(await program.exited).toBe(2);
  expect(program.stderr).toBe('mcp-backchannel/register: MCP_BACKCHANNEL_TELEMETRY must be 1 or 0, not "yes"\n');
});

it('says in the debug log that the API is not installed, and goes on', async () => {
  const hook = withoutPackage('@opentelemetry/api');
  const env = { MCP_BACKCHANNEL_TELEMETRY: '1', DEBUG: 'mcp-backchannel:register', NODE_OPTIONS: `--import ${hook}` };
  const program = run('sdk1-esm.js', env);
  await ask(program);
  expect(program.stderr).toContain('the package @opentelemetry/api is not installed (npm install @opentelemetry/api)');
});

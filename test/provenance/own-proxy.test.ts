/** `withProvenance()`, in a proxy that runs its backend by the SDK's own transport. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { stages } from '../support/stage.js';
import type * as Provenance from '../../src/provenance/index.js';
import { fixture, strayCalls } from './support.js';

const { withProvenance } = (await import(
  new URL('../../dist/provenance/index.js', import.meta.url).href
)) as typeof Provenance;

const open = stages();

describe.each(['sdk1-esm.js', 'sdk2-commonjs.cjs'])('a proxy of %s', (file) => {
  it('asks 8 of 8 calls on their own streams', async () => {
    const running: StdioClientTransport[] = [];
    const stage = await open({
      async connect() {
        const transport = new StdioClientTransport({ command: 'node', args: [fixture(file)], env: withProvenance() });
        running.push(transport);
        return Promise.resolve(transport);
      },
      async close() {
        await Promise.all(running.map(async (transport) => transport.close()));
      },
    });
    const client = await stage.connect();
    expect(await strayCalls(client, 8, 'ask')).toEqual([]);
    const { routes } = stage.session(client);
    expect(new Set(routes.map(({ evidence }) => evidence))).toEqual(new Set(['provenance']));
  });
});

describe('the environment', () => {
  it('is a copy of what was given, with one option more', () => {
    const given = { PATH: '/bin', EMPTY: undefined };
    const { NODE_OPTIONS, ...others } = withProvenance(given);
    expect(others).toEqual({ PATH: '/bin' });
    expect(NODE_OPTIONS).toMatch(/^--require=\S+\/preload\.cjs$/);
    expect(given).toEqual({ PATH: '/bin', EMPTY: undefined });
  });

  it('keeps the options of the user, and has its own once', () => {
    const once = withProvenance({ NODE_OPTIONS: ' --no-warnings ' });
    expect(once['NODE_OPTIONS']).toMatch(/^--no-warnings --require=\S+$/);
    expect(withProvenance(once)).toEqual(once);
  });

  it('is empty but for that by default', () => {
    expect(Object.keys(withProvenance())).toEqual(['NODE_OPTIONS']);
  });
});

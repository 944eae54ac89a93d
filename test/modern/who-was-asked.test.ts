/** Sixteen calls at once of four modern clients. Each server request comes to the client, and to the call, that it is for. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { specTypeSchemas, withInputRequired } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import type { RouteEvent } from 'mcp-backchannel';
import { Random } from '../../suites/lib/random.js';
import { Started } from '../cli/support.js';
import { doors, STDIO_BACKEND } from './door-stage.js';
import { connectTo, type ClientOptions } from './modern-client.js';
import { OnePipeForAll } from './one-pipe-for-all.js';
import { asItShouldBe, callAtOnce, type Person } from './twice-asked.js';
import type * as Provenance from '../../src/provenance/index.js';

// A server can load the built preload only.
const { withProvenance } = (await import(
  new URL('../../dist/provenance/index.js', import.meta.url).href
)) as typeof Provenance;

const open = doors();
const started = new Started();
afterEach(async () => started.end());

const ROUNDS = process.env['ROUNDS'] === 'all' ? 20 : 5;
const PEOPLE: readonly (ClientOptions & { readonly name: string })[] = [
  { name: 'Ann', token: 'ann' },
  { name: 'Cid' },
  { name: 'Ben', token: 'ben' },
  { name: 'Dee' },
];

interface Opened {
  readonly url: string;
  readonly errors: readonly unknown[];
  readonly routes: readonly RouteEvent[];
}

interface Case {
  readonly title: string;
  readonly open: () => Promise<Opened>;
  readonly evidence: readonly string[];
}

const CASES: readonly Case[] = [
  { title: 'a leased command', open: async () => open('stdio'), evidence: ['sole'] },
  {
    title: 'a shared command that says whose message it sends',
    open: async () => open('stdio', { modernSessions: 'shared', upstream: stamping }),
    evidence: ['provenance'],
  },
  {
    title: 'a shared session over HTTP',
    open: async () => open('http', { modernSessions: 'shared' }),
    evidence: ['context'],
  },
  {
    title: 'a command behind ours',
    open: async () => ({
      ...(await started.endpoint(['--', process.execPath, ...STDIO_BACKEND])),
      errors: [],
      routes: [],
    }),
    evidence: [],
  },
];

function stamping(): StdioClientTransport {
  return new StdioClientTransport({ command: process.execPath, args: [...STDIO_BACKEND], env: withProvenance() });
}

describe.each(CASES)('$title', ({ open: opening, evidence }) => {
  it('asks each client, and each call, for what it wants to know', async () => {
    const { url, errors, routes } = await opening();
    const people = await peopleAt(url);
    const random = new Random(11);
    for (let round = 0; round < ROUNDS; round++) {
      const seen = await callAtOnce(people, { calls: 4, round, random, atLeast: 16 });
      expect(seen).toHaveLength(16);
      expect(seen).toEqual(seen.map(asItShouldBe));
    }
    expect(errors).toEqual([]);
    expect([...new Set(routes.map((route) => route.evidence))]).toEqual(evidence);
  }, 120_000);
});

describe('a shared command that does not say whose message it sends', () => {
  it('asks nobody rather than another client with the same token', async () => {
    const { url, routes } = await open('stdio', { modernSessions: 'shared' });
    const ann = await connectTo(url, { name: 'Ann', token: 'same' });
    const ben = await connectTo(url, { name: 'Ben', token: 'same' });
    for (const { client } of [ann, ben]) started.add(client);
    const params = { name: 'ask', arguments: { tag: 'for Ann' } };
    const schema = withInputRequired(specTypeSchemas.CallToolResult);
    const first = await ann.client.request({ method: 'tools/call', params }, schema, { allowInputRequired: true });
    expect(first).toMatchObject({ inputRequests: { 'elicitation-1': { params: { message: 'for Ann' } } } });

    const second = ben.client.callTool({ name: 'ask', arguments: { tag: 'for Ben' } });
    await expect(second).rejects.toThrow('nothing tells which of them it belongs to');
    expect([ann.asked, ben.asked]).toEqual([[], []]);
    expect(routes.map(({ outcome }) => outcome)).toEqual(['delivered', 'refused']);
  });
});

describe('the control: one pipe for all, without a lease', () => {
  it('asks another client, and this is seen, though results look as they should', async () => {
    const pipe = started.add(new OnePipeForAll([...STDIO_BACKEND]));
    const { url } = await open('stdio', { upstream: () => pipe.session() });
    const seen = await callAtOnce(await peopleAt(url), { calls: 4, round: 0, random: new Random(11), atLeast: 1 });
    expect(seen).toHaveLength(16);
    expect(seen).not.toEqual(seen.map(asItShouldBe));
    const strayed = seen.filter(({ asked, tag }) => asked.some((message) => personIn(message) !== personIn(tag)));
    expect(strayed).not.toEqual([]);
    // Their own users were asked nothing, and their results look as they should.
    const unnoticed = seen.filter(({ asked, tag, text }) => asked.length === 0 && text.includes(`: ${tag} 2`));
    expect(unnoticed).not.toEqual([]);
  }, 60_000);
});

function personIn(tag: string): string | undefined {
  return tag.split(' ')[0];
}

async function peopleAt(url: string): Promise<Person[]> {
  return Promise.all(
    PEOPLE.map(async (options) => {
      const { client } = await connectTo(url, options);
      return { name: options.name, client: started.add(client) };
    }),
  );
}

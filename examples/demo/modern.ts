/**
 * A client of revision 2026-07-28, which knows neither sessions nor server requests, and the server of an earlier one
 * that it could not use: through the bare proxy, and through ours.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { fileURLToPath } from 'node:url';
import { startProgram } from './program.js';

const BARE = new URL('proxy.ts', import.meta.url);
const OURS = new URL('both-eras.ts', import.meta.url);
const SERVER = [
  process.execPath,
  fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js')),
  'stdio',
];

interface Row {
  readonly title: string;
  readonly tool: string;
  readonly args?: Record<string, unknown>;
  /** Is in the result if the client was asked. */
  readonly answer: string;
}

const ROWS: readonly Row[] = [
  { title: 'elicitation', tool: 'trigger-elicitation-request', answer: 'Ada' },
  {
    title: 'sampling',
    tool: 'trigger-sampling-request',
    args: { prompt: 'Say hello' },
    answer: 'hello from the model',
  },
  { title: 'roots', tool: 'get-roots-list', answer: 'file:///demo' },
];

/** What a row came to, in a word or a line. */
export type ModernOutcomes = ReadonlyMap<string, { readonly bare: string; readonly ours: string }>;

export async function runModern(): Promise<ModernOutcomes> {
  const [bare, ours] = await Promise.all([outcomesOf(BARE, ['--bare', '--', ...SERVER]), outcomesOf(OURS, SERVER)]);
  return new Map(
    ROWS.map(({ title }, index) => [title, { bare: bare[index] ?? 'not run', ours: ours[index] ?? 'not run' }]),
  );
}

export function modernPassed(outcomes: ModernOutcomes): boolean {
  return [...outcomes.values()].every(({ ours }) => ours === 'ok');
}

async function outcomesOf(proxy: URL, args: readonly string[]): Promise<string[]> {
  const program = await startProgram(proxy, args);
  const client = user();
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(program.url)));
    const outcomes: string[] = [];
    for (const row of ROWS) outcomes.push(await outcomeOf(client, row));
    return outcomes;
  } catch {
    return ROWS.map(() => 'refused');
  } finally {
    await client.close();
    await program.stop();
  }
}

async function outcomeOf(client: Client, { tool, args = {}, answer }: Row): Promise<string> {
  try {
    const result = await client.callTool({ name: tool, arguments: args });
    return JSON.stringify(result).includes(answer) ? 'ok' : 'not asked';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The user: says hello, and has one folder. */
function user(): Client {
  const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
  const versionNegotiation = { mode: { pin: '2026-07-28' } };
  const client = new Client({ name: 'demo', version: '1.0.0' }, { capabilities, versionNegotiation });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    content: { type: 'text', text: 'hello from the model' },
    model: 'a model',
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///demo', name: 'demo' }] }));
  return client;
}

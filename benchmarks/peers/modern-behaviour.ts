/** What a proxy does with a client of revision 2026-07-28, in front of a legacy backend whose tools ask the user. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Backend, Contestant } from './contestants.js';
import { ModernClient, ROOT, SAMPLED } from './modern-client.js';
import { HANG_MS, MODERN_TASKS, type ModernBehaviour, type ModernOutcome, type ModernTask } from './results.js';
import { bounded, Running, TimeoutError } from './running.js';

const CONNECT_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

/** The tool gave back something else than what the client had answered, or was not told that it is cancelled. */
class Lost extends Error {}

/** Each with a client of its own, so that one that hangs does not hide the others. */
export async function observeModern(contestant: Contestant, backend: Backend): Promise<ModernBehaviour['outcomes']> {
  const { running, client } = await Running.start(contestant, backend);
  const outcomes: Partial<Record<ModernTask, ModernOutcome>> = {};
  try {
    for (const task of MODERN_TASKS) outcomes[task] = await outcomeOf(task, running);
    return outcomes as Record<ModernTask, ModernOutcome>;
  } finally {
    client.close();
    await running.stop();
  }
}

async function outcomeOf(task: ModernTask, running: Running): Promise<ModernOutcome> {
  const modern = new ModernClient();
  try {
    await bounded(CONNECT_TIMEOUT_MS, modern.connect(running), 'connect');
    // Some backends start with the first call.
    if (task !== 'tools/list') await bounded(CONNECT_TIMEOUT_MS, modern.client.listTools(), 'tools/list');
    await bounded(task === 'cancel' ? 3 * HANG_MS : HANG_MS, TASKS[task](modern, running), task);
    return { kind: 'works' };
  } catch (error) {
    if (error instanceof TimeoutError) return { kind: 'hangs' };
    if (error instanceof Lost) return { kind: 'lost' };
    return { kind: 'refused', status: modern.refusal?.status ?? null, code: modern.refusal?.code ?? codeOf(error) };
  } finally {
    await modern.close();
  }
}

const TASKS: Readonly<Record<ModernTask, (modern: ModernClient, running: Running) => Promise<void>>> = {
  'tools/list': async ({ client }) => {
    const { tools } = await client.listTools();
    expectThat(tools.some(({ name }) => name.endsWith('ask')));
  },
  'plain call': gives('echo', { text: 'plain' }, 'plain'),
  elicitation: gives('ask', { tag: 'why' }, 'why: accept yes'),
  sampling: gives('sample', {}, SAMPLED),
  roots: gives('roots', {}, ROOT),
  'two at once': gives('ask_twice', { tag: 'why' }, 'why first: accept yes, why second: accept yes'),
  cancel: async ({ client }, running) => {
    const file = join(running.program.folder, randomUUID());
    const began = `${file}.began`;
    const leave = new AbortController();
    const call = client.callTool({ name: running.tool('hold'), arguments: { file, began } }, { signal: leave.signal });
    // A call that ends by itself was not held.
    await Promise.race([there(began), call]);
    leave.abort();
    await call.catch(() => undefined);
    await there(file);
    expectThat(existsSync(file));
  },
};

function gives(tool: string, args: Readonly<Record<string, unknown>>, expected: string) {
  return async ({ client }: ModernClient, running: Running): Promise<void> => {
    const { content } = await client.callTool({ name: running.tool(tool), arguments: args });
    expectThat(content[0]?.type === 'text' && content[0].text === expected);
  };
}

function expectThat(isSo: boolean): void {
  if (!isSo) throw new Lost();
}

/** Resolves when the backend has written the file, or when it should have. */
async function there(file: string): Promise<void> {
  const until = performance.now() + HANG_MS;
  while (!existsSync(file) && performance.now() < until) await setTimeout(POLL_MS);
}

/** Errors of the protocol have numbers, those of the client have names. */
function codeOf(error: unknown): number | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'number') return code;
  }
  return null;
}

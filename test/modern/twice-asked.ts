/**
 * Many calls at once that ask their users twice. The client hands each server request to its caller, so that it is seen
 * which call was asked, and not only which client.
 */
import { isInputRequiredResult, withInputRequired, specTypeSchemas, type Client } from '@modelcontextprotocol/client';
import type { Random } from '../../suites/lib/random.js';
import { deferred, type Deferred } from '../support/deferred.js';

export interface Person {
  readonly name: string;
  readonly client: Client;
}

/** What was seen of one call. */
export interface Sighting {
  readonly tag: string;
  /** What it was asked, the first one first. */
  readonly asked: readonly string[];
  readonly text: string;
}

/** The users. They answer in an order that only the seed decides. */
class Users {
  #waiting: Deferred[] = [];

  /** @param atLeast so many calls wait for their users before some of them are answered */
  constructor(
    private readonly random: Random,
    private readonly atLeast: number,
    private running: number,
  ) {}

  async turn(): Promise<void> {
    const own = deferred();
    this.#waiting.push(own);
    this.#answerSome();
    await own.promise;
  }

  left(): void {
    this.running -= 1;
    this.#answerSome();
  }

  #answerSome(): void {
    if (this.#waiting.length < Math.min(this.atLeast, this.running)) return;
    const order = shuffled(this.#waiting, this.random);
    const some = this.random.between(Math.min(1, order.length), order.length);
    this.#waiting = order.slice(some);
    for (const { resolve } of order.slice(0, some)) resolve();
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** `calls` of each person at once, in an order in which neighbours belong to different people. */
export async function callAtOnce(
  people: readonly Person[],
  { calls, round, random, atLeast }: { calls: number; round: number; random: Random; atLeast: number },
): Promise<Sighting[]> {
  const users = new Users(random, atLeast, calls * people.length);
  const all = Array.from({ length: calls }, (_, at) =>
    people.map(async (person) => call(person, `${person.name} ${round}-${at}`, users)),
  );
  return Promise.all(all.flat());
}

async function call({ client }: Person, tag: string, users: Users): Promise<Sighting> {
  const asked: string[] = [];
  const named = { name: 'chain', arguments: { tag, length: 2 } };
  let answers = {};
  for (;;) {
    const result = await client.request(
      { method: 'tools/call', params: { ...named, ...answers } },
      withInputRequired(specTypeSchemas.CallToolResult),
      { allowInputRequired: true },
    );
    if (!isInputRequiredResult(result)) {
      users.left();
      return { tag, asked, text: JSON.stringify(result.content) };
    }
    const inputResponses: Record<string, object> = {};
    for (const [key, { params }] of Object.entries(result.inputRequests ?? {})) {
      const { message } = params as { readonly message: string };
      asked.push(message);
      inputResponses[key] = { action: 'accept', content: { answer: answerOf(tag, message) } };
    }
    await users.turn();
    answers = { inputResponses, requestState: result.requestState };
  }
}

function answerOf(tag: string, message: string): string {
  return `<${tag}> says: ${message}`;
}

/** What is seen of a call that was asked what it wanted to know, and got its own answers. */
export function asItShouldBe({ tag }: Sighting): Sighting {
  const asked = [`${tag} 1`, `${tag} 2`];
  const text = asked.map((message) => answerOf(tag, message)).join(', ');
  return { tag, asked, text: JSON.stringify([{ type: 'text', text }]) };
}

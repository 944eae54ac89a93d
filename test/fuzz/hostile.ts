/**
 * Values that were made to break something. They are chosen by name and made when they are used: some of
 * them throw when they are looked at, and some are too long to print when a test fails.
 */
import fc from 'fast-check';

const HUGE = 'x'.repeat(10 * 2 ** 20);

function deep(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

function throwing(): object {
  return new Proxy(
    {},
    {
      get: refuse,
      has: refuse,
      getOwnPropertyDescriptor: refuse,
      ownKeys: refuse,
      getPrototypeOf: refuse,
    },
  );
}

function refuse(): never {
  // What is thrown may itself be nothing that can be printed.
  throw Object.create(null) as Error;
}

function cyclic(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}

/** As `JSON.parse` makes it: the property is its own. */
const withProto = (): unknown => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}');

const VALUES = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  'minus zero': () => -0,
  one: () => 1,
  'one, a string': () => '1',
  half: () => 0.5,
  '1e308': () => 1e308,
  NaN: () => NaN,
  Infinity: () => Infinity,
  bigint: () => 2n ** 80n,
  symbol: () => Symbol('id'),
  'an empty string': () => '',
  __proto__name: () => '__proto__',
  constructor: () => 'constructor',
  'a lone surrogate': () => 'a\ud800b',
  'lines and colours': () => 'a\nb\r\u001b[31m\u2028\u0000',
  '10 MB': () => HUGE,
  'an array': () => [],
  'an array of messages': () => [{ jsonrpc: '2.0', id: 1, method: 'ping' }],
  'an object': () => ({}),
  'an object with __proto__': withProto,
  'an object without prototype': () => Object.create(null) as unknown,
  deep: () => deep(10_000),
  cyclic,
  throwing,
  'a function': () => refuse,
} satisfies Readonly<Record<string, () => unknown>>;

export type ValueName = keyof typeof VALUES;

export const make = (name: ValueName): unknown => VALUES[name]();

export const anyValue: fc.Arbitrary<ValueName> = fc.constantFrom(...(Object.keys(VALUES) as ValueName[]));

/** Methods that mean something to the router, and others. */
export const METHODS = [
  'tools/call',
  'initialize',
  'ping',
  'tasks/result',
  'tasks/get',
  'elicitation/create',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/message',
  'notifications/tools/list_changed',
  'notifications/resources/updated',
  'notifications/elicitation/complete',
  'notifications/tasks/status',
] as const;

/** How a message is made hostile, apart from its content. */
const WRAPPINGS = ['plain', 'frozen', 'cyclic', 'bare', 'throws'] as const;

export const anyMessage = fc.record({
  /** One in some is no message at all. */
  instead: fc.option(anyValue, { freq: 8 }),
  id: fc.option(anyValue, { freq: 4 }),
  method: fc.option(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...METHODS) }, anyValue), { freq: 5 }),
  /** What stands in the place of `params`; otherwise an object with all that the router looks for. */
  params: fc.option(anyValue, { freq: 3 }),
  meta: fc.option(anyValue, { freq: 3 }),
  token: anyValue,
  task: anyValue,
  taskMeta: fc.option(anyValue, { freq: 3 }),
  requestId: anyValue,
  result: fc.option(anyValue, { freq: 3 }),
  error: fc.option(anyValue, { freq: 2 }),
  wrapping: fc.constantFrom(...WRAPPINGS),
  /** `throws`: at which look. */
  look: fc.nat(12),
});

export type MessageRecipe = typeof anyMessage extends fc.Arbitrary<infer R> ? R : never;

export function makeMessage(recipe: MessageRecipe): unknown {
  if (recipe.instead !== null) return make(recipe.instead);
  const message: Record<string, unknown> = { jsonrpc: '2.0', params: paramsOf(recipe) };
  if (recipe.id !== null) message['id'] = make(recipe.id);
  if (recipe.method !== null) {
    const isKnown = (METHODS as readonly string[]).includes(recipe.method);
    message['method'] = isKnown ? recipe.method : make(recipe.method as ValueName);
  }
  if (recipe.result !== null) message['result'] = make(recipe.result);
  if (recipe.error !== null) message['error'] = make(recipe.error);
  return wrapped(message, recipe);
}

function paramsOf({ params, meta, token, task, taskMeta, requestId }: MessageRecipe): unknown {
  if (params !== null) return make(params);
  const related = taskMeta === null ? { taskId: make(task) } : make(taskMeta);
  return {
    _meta:
      meta === null
        ? { progressToken: make(token), 'io.modelcontextprotocol/related-task': related, ...(withProto() as object) }
        : make(meta),
    progressToken: make(token),
    requestId: make(requestId),
    taskId: make(task),
    elicitationId: make(task),
    uri: make(task),
  };
}

function wrapped(message: Record<string, unknown>, { wrapping, look }: MessageRecipe): object {
  switch (wrapping) {
    case 'plain':
      return message;
    case 'frozen':
      return Object.freeze(message);
    case 'cyclic':
      return Object.assign(message, { self: message });
    case 'bare':
      return Object.assign(Object.create(null) as object, message);
    case 'throws': {
      let looks = 0;
      return new Proxy(message, {
        get: (target, key) => (looks++ === look ? refuse() : (Reflect.get(target, key) as unknown)),
      });
    }
  }
}

/**
 * Has the SDK's stdio server transport say whose message it sends. The SDK in the server knows it, by the
 * `relatedRequestId` that the server has named or by the async context, and writes nothing of it to the pipe.
 *
 * It runs in processes that are not ours, as a part of their start, so it imports as little as possible.
 */
import { Messages } from './messages.js';

type Method = (this: object, ...args: unknown[]) => unknown;
type Methods = Record<string, Method | undefined>;
type Handler = (this: unknown, message: unknown, ...rest: unknown[]) => void;

/** @param channelClass what SDK 2.x hands the messages of the transport on with */
export type StampMessages = (transportClass: unknown, channelClass?: unknown) => void;

/** Both builds of the SDK may be loaded, and each may be shown to us twice. */
const patched = new WeakSet();

const messagesOf = new WeakMap<object, Messages>();

/** Ours. Somebody may save `onmessage` and restore it. */
const wrappedHandlers = new WeakSet();

export const stampMessagesOf: StampMessages = (transportClass, channelClass) => {
  patch(transportClass, (methods) => {
    before(methods, 'start', (transport, args) => {
      listen(transport, messages(transport));
      return args;
    });
    before(methods, 'send', (transport, [message, options, ...rest]) => [
      messages(transport).leaving(message, options),
      options,
      ...rest,
    ]);
  });
  patch(channelClass, (methods) => {
    around(methods, 'deliver');
  });
};

function patch(patchedClass: unknown, change: (methods: Methods) => void): void {
  if (typeof patchedClass !== 'function' || patched.has(patchedClass)) return;
  patched.add(patchedClass);
  const methods: unknown = patchedClass.prototype;
  if (typeof methods === 'object' && methods !== null) change(methods as Methods);
}

/** Changes the arguments of a method. If that fails, it gets those that were given. */
function before(methods: Methods, name: string, change: (transport: object, args: unknown[]) => unknown[]): void {
  const original = methods[name];
  if (original === undefined) return;
  methods[name] = function (...given) {
    let args = given;
    try {
      args = change(this, given);
    } catch {
      // A fault of ours: the server must not notice it.
    }
    return original.apply(this, args);
  };
}

/**
 * SDK 2.x keeps messages in a queue while it works on an earlier one. The context of that one is then also theirs, so
 * each is handled in its own.
 */
function around(methods: Methods, name: string): void {
  const original = methods[name];
  if (original === undefined) return;
  methods[name] = function (...args) {
    return Messages.handle(args[0], () => original.apply(this, args));
  };
}

function messages(transport: object): Messages {
  let found = messagesOf.get(transport);
  if (found === undefined) messagesOf.set(transport, (found = new Messages()));
  return found;
}

/** The SDK sets `onmessage` before it starts the transport. Others may set it later, or again. */
function listen(transport: object, arriving: Messages): void {
  const own = Object.getOwnPropertyDescriptor(transport, 'onmessage');
  // A subclass has its own way.
  if (own === undefined ? 'onmessage' in transport : !('value' in own) || own.configurable !== true) return;
  let current = wrap(own?.value, arriving);
  Object.defineProperty(transport, 'onmessage', {
    get: () => current,
    set: (handler: unknown) => {
      current = wrap(handler, arriving);
    },
    configurable: true,
    enumerable: true,
  });
}

function wrap(handler: unknown, arriving: Messages): unknown {
  if (typeof handler !== 'function' || wrappedHandlers.has(handler)) return handler;
  const original = handler as Handler;
  const wrapped: Handler = function (this: unknown, message, ...rest) {
    arriving.arrived(message);
    Messages.handle(message, () => {
      original.call(this, message, ...rest);
    });
  };
  wrappedHandlers.add(wrapped);
  return wrapped;
}

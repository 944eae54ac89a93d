import { inside } from './wrapped.js';

/** The members that a façade answers itself. All others are those of the inner transport. */
export interface Interceptor {
  /** The names of the methods that replace those of the inner transport. */
  readonly methods: readonly string[];
  /** The names of the properties that replace those of the inner transport. */
  readonly properties: readonly string[];
}

/** The callbacks that may hold a function from before the transport was wrapped. */
const CALLBACKS: ReadonlySet<PropertyKey> = new Set(['onerror']);

type Callable = (...args: unknown[]) => unknown;

/**
 * Makes a drop-in for `inner`. To `instanceof`, `in`, getters, extra methods and assignments it is the same object, but
 * `interceptor` answers a few members.
 *
 * A class that delegates is not enough: SDK 2.x tells transports apart by `instanceof` and by `'stderr' in transport`,
 * replaces `start` for a while, and reads back the callbacks that it has set.
 */
export function facade<T extends object>(inner: T, interceptor: Interceptor): T {
  const handler = new FacadeHandler(inner, interceptor);
  const self = new Proxy(inner, handler);
  handler.self = self;
  inside.set(self, inner);
  return self;
}

class FacadeHandler<T extends object> implements ProxyHandler<T> {
  /** The façade itself. */
  self: T | undefined;
  /** The intercepted methods by name: our own, or what somebody has put in their place. */
  #intercepted: Map<PropertyKey, unknown> | undefined;
  /** Our own methods that somebody has replaced. */
  #kept: Map<PropertyKey, unknown> | undefined;
  /** The methods of the inner transport that were handed out, so that they are the same functions every time. */
  #methods: Map<PropertyKey, { readonly original: unknown; readonly handedOut: unknown }> | undefined;
  /** The names of functions that were assigned from outside, mostly callbacks. They are read back as they are. */
  #assigned = CALLBACKS;

  constructor(
    private readonly inner: T,
    private readonly interceptor: Interceptor,
  ) {}

  get(inner: T, key: PropertyKey): unknown {
    // First the members that are read for every message.
    const intercepted = this.#intercepted?.get(key);
    if (intercepted !== undefined || this.#intercepted?.has(key) === true) return intercepted;
    if (this.#isMethod(key)) return this.#intercept(key);
    if (this.#isProperty(key)) return Reflect.get(this.interceptor, key);
    // `this` must be the inner transport, in accessors too: a façade has no private fields, and when the transport itself
    // reads `this.onmessage` it must get the listener for every message.
    const value: unknown = Reflect.get(inner, key, inner);
    const isMethod =
      typeof value === 'function' &&
      key !== 'constructor' &&
      !this.#assigned.has(key) &&
      isFunctionProperty(inner, key);
    return isMethod ? this.#handOut(key, value as Callable) : value;
  }

  set(inner: T, key: PropertyKey, value: unknown): boolean {
    if (this.#isProperty(key)) return Reflect.set(this.interceptor, key, value);
    if (this.#isMethod(key)) {
      this.#replace(key, value);
      return true;
    }
    if (typeof value === 'function' && !this.#assigned.has(key)) this.#assigned = new Set([...this.#assigned, key]);
    return Reflect.set(inner, key, value, inner);
  }

  getOwnPropertyDescriptor(inner: T, key: PropertyKey): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(inner, key);
    // Spies wrap a member by its descriptor. They must wrap the same value that `get` returns.
    if (descriptor?.configurable !== true || !('value' in descriptor)) return descriptor;
    return { ...descriptor, value: this.get(inner, key) };
  }

  has(inner: T, key: PropertyKey): boolean {
    return this.#isProperty(key) || Reflect.has(inner, key);
  }

  defineProperty(inner: T, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    const intercepted = this.#isProperty(key) || this.#isMethod(key);
    if (intercepted && 'value' in descriptor) return this.set(inner, key, descriptor.value);
    return Reflect.defineProperty(inner, key, descriptor);
  }

  deleteProperty(inner: T, key: PropertyKey): boolean {
    if (this.#isMethod(key)) this.#intercepted?.delete(key);
    else if (this.#isProperty(key)) return Reflect.set(this.interceptor, key, undefined);
    else return Reflect.deleteProperty(inner, key);
    return true;
  }

  #isProperty(key: PropertyKey): boolean {
    return typeof key === 'string' && this.interceptor.properties.includes(key);
  }

  #isMethod(key: PropertyKey): boolean {
    return typeof key === 'string' && this.interceptor.methods.includes(key);
  }

  /** A method of the interceptor, bound once: the façade is on the path of every message. */
  #intercept(key: PropertyKey): unknown {
    const own = this.#kept?.get(key) ?? (Reflect.get(this.interceptor, key) as Callable).bind(this.interceptor);
    (this.#intercepted ??= new Map<PropertyKey, unknown>()).set(key, own);
    return own;
  }

  /** Somebody puts another function in the place of a method, and may take it away again, as spies do. */
  #replace(key: PropertyKey, value: unknown): void {
    this.#kept ??= new Map<PropertyKey, unknown>();
    if (!this.#kept.has(key)) this.#kept.set(key, this.#intercepted?.get(key) ?? this.#intercept(key));
    this.#intercepted?.set(key, value);
  }

  /** A method of the inner transport that runs on the inner transport, though it is called on the façade. */
  #handOut(key: PropertyKey, original: Callable): unknown {
    const { inner, self } = this;
    const known = this.#methods?.get(key);
    if (known?.original === original) return known.handedOut;
    const handedOut = new Proxy(original, {
      apply(method, thisArg, args): unknown {
        const result: unknown = Reflect.apply(method, thisArg === self ? inner : thisArg, args);
        return result === inner ? self : result;
      },
    });
    (this.#methods ??= new Map<PropertyKey, { readonly original: unknown; readonly handedOut: unknown }>()).set(key, {
      original,
      handedOut,
    });
    return handedOut;
  }
}

/** True for a plain property that holds a function and may be wrapped. An accessor is not called to find out. */
function isFunctionProperty(object: object, key: PropertyKey): boolean {
  let owner: object | null = object;
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner) as object | null;
  const descriptor = owner === null ? undefined : Object.getOwnPropertyDescriptor(owner, key);
  if (typeof descriptor?.value !== 'function') return false;
  // A proxy must return a property that can never change exactly as it is.
  return owner !== object || descriptor.configurable === true || descriptor.writable === true;
}

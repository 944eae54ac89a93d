/** What a façade answers itself; everything else is the inner transport's. */
export interface Interceptor {
  /** Called in place of the inner transport's methods of these names. */
  readonly methods: readonly string[];
  /** Read and written in place of the inner transport's properties of these names. */
  readonly properties: readonly string[];
}

/** Callbacks of every transport that may hold a function from before it was wrapped. */
const CALLBACKS: ReadonlySet<PropertyKey> = new Set(['onerror']);

type Callable = (...args: unknown[]) => unknown;

/**
 * A drop-in for `inner`: the same object to `instanceof`, `in`, getters, extra methods and
 * assignments, with a few members answered by `interceptor`.
 *
 * A class that delegates would not do: SDK 2.x tells transports apart by `instanceof` and by
 * `'stderr' in transport`, replaces `start` for a while, and reads back the callbacks it has set.
 */
export function facade<T extends object>(inner: T, interceptor: Interceptor): T {
  const handler = new FacadeHandler(inner, interceptor);
  const self = new Proxy(inner, handler);
  handler.self = self;
  return self;
}

class FacadeHandler<T extends object> implements ProxyHandler<T> {
  /** The façade itself. */
  self: T | undefined;
  /** What intercepted methods read as: our own, or what somebody has put in their place. */
  #intercepted: Map<PropertyKey, unknown> | undefined;
  /** Our own of those that somebody has replaced. */
  #kept: Map<PropertyKey, unknown> | undefined;
  /** The inner transport's methods handed out, so that they are the same functions every time. */
  #methods: Map<PropertyKey, { readonly original: unknown; readonly handedOut: unknown }> | undefined;
  /** Functions that were assigned from outside, callbacks mostly: they are read back as they are. */
  #assigned = CALLBACKS;

  constructor(
    private readonly inner: T,
    private readonly interceptor: Interceptor,
  ) {}

  get(inner: T, key: PropertyKey): unknown {
    // First what is read for every message.
    const intercepted = this.#intercepted?.get(key);
    if (intercepted !== undefined || this.#intercepted?.has(key) === true) return intercepted;
    if (this.#isMethod(key)) return this.#intercept(key);
    if (this.#isProperty(key)) return Reflect.get(this.interceptor, key);
    const isMethod = key !== 'constructor' && !this.#assigned.has(key) && isFunctionProperty(inner, key);
    // `this` must be the inner transport, in accessors too: private fields know no façade, and what
    // the transport itself reads from `this.onmessage` must be what listens to every message.
    return isMethod ? this.#handOut(key) : Reflect.get(inner, key, inner);
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
    // Who wraps a member by its descriptor, as spies do, must wrap what `get` gives.
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

  /** A method of the interceptor. It is our own, and bound: the façade is on the path of every message. */
  #intercept(key: PropertyKey): unknown {
    const own = this.#kept?.get(key) ?? (Reflect.get(this.interceptor, key) as Callable).bind(this.interceptor);
    (this.#intercepted ??= new Map<PropertyKey, unknown>()).set(key, own);
    return own;
  }

  /** Somebody puts his own in the place of a method, and may take it away again, as spies do. */
  #replace(key: PropertyKey, value: unknown): void {
    this.#kept ??= new Map<PropertyKey, unknown>();
    if (!this.#kept.has(key)) this.#kept.set(key, this.#intercepted?.get(key) ?? this.#intercept(key));
    this.#intercepted?.set(key, value);
  }

  /** A method of the inner transport that runs on it, though it is called on the façade. */
  #handOut(key: PropertyKey): unknown {
    const { inner, self } = this;
    const original: unknown = Reflect.get(inner, key, inner);
    const known = this.#methods?.get(key);
    if (known?.original === original) return known?.handedOut;
    const handedOut = new Proxy(original as Callable, {
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

/** True for a plain property that holds a function and may be wrapped; an accessor is not called to find out. */
function isFunctionProperty(object: object, key: PropertyKey): boolean {
  let owner: object | null = object;
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner) as object | null;
  const descriptor = owner === null ? undefined : Object.getOwnPropertyDescriptor(owner, key);
  if (typeof descriptor?.value !== 'function') return false;
  // A proxy must give a property that can never change exactly as it is.
  return owner !== object || descriptor.configurable === true || descriptor.writable === true;
}

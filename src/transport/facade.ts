/** What a façade answers itself; everything else is the inner transport's. */
export interface Interceptor {
  /** Called in place of the inner transport's methods of these names. */
  readonly methods: readonly string[];
  /** Read and written in place of the inner transport's properties of these names. */
  readonly properties: readonly string[];
}

type Callable = (...args: unknown[]) => unknown;

/**
 * A drop-in for `inner`: the same object to `instanceof`, `in`, getters, extra methods and
 * assignments, with a few members answered by `interceptor`.
 *
 * A class that delegates would not do: SDK 2.x tells transports apart by `instanceof` and by
 * `'stderr' in transport`, replaces `start` for a while, and reads back the callbacks it has set.
 */
export function facade<T extends object>(inner: T, interceptor: Interceptor): T {
  const self: T = new Proxy(inner, new FacadeHandler(inner, interceptor, () => self));
  return self;
}

class FacadeHandler<T extends object> implements ProxyHandler<T> {
  /** The methods handed out, so that they are the same functions every time. */
  readonly #methods = new Map<PropertyKey, { readonly original: unknown; readonly handedOut: unknown }>();
  /** What somebody has put in the place of an intercepted method. */
  readonly #replaced = new Map<PropertyKey, unknown>();
  /** Functions that were assigned from outside, callbacks mostly: they are read back as they are. */
  readonly #assigned = new Set<PropertyKey>(['onerror']);

  constructor(
    private readonly inner: T,
    private readonly interceptor: Interceptor,
    private readonly self: () => T,
  ) {}

  get(inner: T, key: PropertyKey): unknown {
    if (this.#isProperty(key)) return Reflect.get(this.interceptor, key);
    if (this.#isMethod(key)) {
      return this.#replaced.has(key) ? this.#replaced.get(key) : this.#handOut(key, this.interceptor);
    }
    const isMethod = key !== 'constructor' && !this.#assigned.has(key) && isFunctionProperty(inner, key);
    // `this` must be the inner transport, in accessors too: private fields know no façade, and what
    // the transport itself reads from `this.onmessage` must be what listens to every message.
    return isMethod ? this.#handOut(key, inner) : Reflect.get(inner, key, inner);
  }

  set(inner: T, key: PropertyKey, value: unknown): boolean {
    if (this.#isProperty(key)) return Reflect.set(this.interceptor, key, value);
    if (this.#isMethod(key)) {
      this.#replace(key, value);
      return true;
    }
    if (typeof value === 'function') this.#assigned.add(key);
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
    if (this.#isMethod(key)) this.#replaced.delete(key);
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

  #replace(key: PropertyKey, value: unknown): void {
    // Putting back what was read before undoes the replacement.
    if (value === this.#methods.get(key)?.handedOut) this.#replaced.delete(key);
    else this.#replaced.set(key, value);
  }

  /** A method of `owner` that runs on `owner`, though it is called on the façade. */
  #handOut(key: PropertyKey, owner: object): unknown {
    const original: unknown = Reflect.get(owner, key, owner);
    const known = this.#methods.get(key);
    if (known?.original === original) return known?.handedOut;
    const { inner, self } = this;
    const handedOut = new Proxy(original as Callable, {
      apply(method, thisArg, args): unknown {
        const foreign = owner === inner && thisArg !== self();
        const result: unknown = Reflect.apply(method, foreign ? thisArg : owner, args);
        return result === inner ? self() : result;
      },
    });
    this.#methods.set(key, { original, handedOut });
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

/** A wrapped transport without a wire, and everything that can be seen of it. */
import { AsyncResource } from 'node:async_hooks';
import { withBackchannel, type BackchannelOptions, type RouteEvent } from '../../src/index.js';
import type { JsonRpcMessage, RequestId } from '../../src/routing/message.js';
import { NullHttpTransport, type NullTransport } from './null-transport.js';

export interface Rig<T extends NullTransport> {
  readonly inner: T;
  readonly transport: ReturnType<typeof withBackchannel<T>>;
  /** What came in at the proxy's end. */
  readonly received: { readonly message: JsonRpcMessage; readonly extra: unknown }[];
  readonly errors: (Error & { code?: string })[];
  readonly routes: RouteEvent[];
  /** Does something in the async context in which the last message of this id was handled. */
  readonly onBehalfOf: <R>(id: RequestId, work: () => R) => R;
}

export function rig(options?: BackchannelOptions): Rig<NullHttpTransport> {
  return rigOf(new NullHttpTransport(), options);
}

export function rigOf<T extends NullTransport>(inner: T, options?: BackchannelOptions): Rig<T> {
  const transport = withBackchannel(inner, options);
  const received: Rig<T>['received'] = [];
  const errors: Rig<T>['errors'] = [];
  const routes: RouteEvent[] = [];
  const contexts = new Map<unknown, AsyncResource>();
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message, extra) => {
    received.push({ message, extra });
    // Not every message is an object.
    contexts.set((message as JsonRpcMessage | null)?.id, new AsyncResource('handler'));
  };
  transport.backchannel.routes$.subscribe((event) => routes.push(event));
  const onBehalfOf = <R>(id: RequestId, work: () => R): R => {
    const context = contexts.get(id);
    if (context === undefined) throw new Error(`${String(id)} never came in`);
    return context.runInAsyncScope(work);
  };
  return { inner, transport, received, errors, routes, onBehalfOf };
}

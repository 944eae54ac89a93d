/** A proxy with telemetry, before a backend whose every message the test writes by hand. */
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import type { Message, StrictClient, StrictClientOptions } from '../../examples/lib/strict-client.js';
import { ScriptedBackend, type ScriptedSession } from '../proxy/scripted-backend.js';
import { proxies, type ProxyStage } from '../proxy/support.js';

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const SPAN = '00f067aa0ba902b7';
export const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

export interface ProxyRig extends ProxyStage {
  readonly backend: ScriptedBackend;
  /** A client with a session, and what the backend has of it. */
  readonly join: (options?: StrictClientOptions) => Promise<readonly [StrictClient, ScriptedSession]>;
}

/** Opens proxies that are closed after each test. */
export function proxyRigs(): (options?: Omit<StatefulProxyOptions, 'upstream'>) => Promise<ProxyRig> {
  const open = proxies();
  return async (options) => {
    const backend = new ScriptedBackend();
    const telemetry = proxyTelemetry({ backend: { transport: 'pipe' } });
    const stage = await open(backend.upstream, { ...options, carrier: telemetry.carrier });
    telemetry.observe(stage.proxy.events$);
    return {
      ...stage,
      backend,
      async join(clientOptions) {
        const client = await stage.connect('ann', clientOptions);
        return [client, backend.session(backend.sessions.length - 1)];
      },
    };
  };
}

/** What a message says of its trace. */
export function metaOf({ params }: Message): Readonly<Record<string, string>> {
  return (params as { readonly _meta?: Readonly<Record<string, string>> } | undefined)?._meta ?? {};
}

export function spanIdIn(message: Message): string | undefined {
  return metaOf(message)['traceparent']?.split('-')[2];
}

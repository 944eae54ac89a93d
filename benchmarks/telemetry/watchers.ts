/** Who watches a proxy, by contestant. */
import { metrics, trace } from '@opentelemetry/api';
import type { StatefulProxy, StatefulProxyOptions } from '../../src/proxy/index.js';
import { recordOf } from '../../src/telemetry/record.js';
import { lateMetricsOf } from '../../src/cli/metrics/late-metrics.js';
import { TraceFile } from '../../src/cli/trace-file.js';
import { proxyTelemetry } from '../../src/telemetry/index.js';
import type { Contestant } from './contestants.js';

export interface Watcher {
  readonly options: Partial<StatefulProxyOptions>;
  readonly watch: (proxy: StatefulProxy) => void;
}

const nobody = (): Promise<Watcher> => Promise.resolve({ options: {}, watch: () => undefined });

/** @param file for those that write one */
export const watchers: Readonly<Record<Contestant, (file: string) => Promise<Watcher>>> = {
  before: nobody,
  nothing: nobody,
  events: () =>
    Promise.resolve({
      options: {},
      watch: ({ events$ }) => {
        events$.subscribe(() => undefined);
      },
    }),
  metrics: () =>
    Promise.resolve({
      options: {},
      watch: (proxy) => {
        void lateMetricsOf(proxy)();
      },
    }),
  'trace file': async (path) => {
    const file = new TraceFile({ path, maxBytes: 67_108_864, keep: 0 }, console.error);
    await file.open();
    const watch = ({ events$ }: StatefulProxy): void => {
      events$.subscribe((event) => {
        file.write(JSON.stringify(recordOf(event)));
      });
    };
    return { options: {}, watch };
  },
  spans: async () => {
    await registerSdk();
    const telemetry = proxyTelemetry();
    return {
      options: { carrier: telemetry.carrier },
      watch: ({ events$ }) => {
        telemetry.observe(events$);
      },
    };
  },
};

/** The official SDK, with a processor that gives its spans to nobody. */
async function registerSdk(): Promise<void> {
  const { NodeTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-node');
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics');
  const dropping = {
    export: (_: unknown, done: (result: { code: number }) => void) => {
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(dropping)] });
  provider.register();
  metrics.setGlobalMeterProvider(new MeterProvider());
  trace.getTracer('benchmark');
}

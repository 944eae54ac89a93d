/** The SDK of OpenTelemetry with exporters in memory, as a program registers it. */
import { context, metrics, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeEach } from 'vitest';

export interface Tracing {
  /** Those that have ended, in the order in which they did. */
  readonly spans: () => readonly ReadableSpan[];
  /** The one span of this kind and name that fits. */
  readonly span: (kind: keyof typeof SpanKind, name: string, fits?: (span: ReadableSpan) => boolean) => ReadableSpan;
  readonly metrics: () => Promise<readonly MetricData[]>;
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
}

/** Registers it for the tests of a file. Each begins with nothing recorded. */
export function tracedTests(): Tracing {
  const tracing = startTracing();
  beforeEach(() => {
    tracing.reset();
  });
  afterAll(async () => tracing.stop());
  return tracing;
}

/** Registers it for the whole process, until it is stopped. */
export function startTracing(): Tracing {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(meterProvider);
  const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
  return {
    spans,
    span(kind, name, fits = () => true) {
      const found = spans().filter((span) => span.kind === SpanKind[kind] && span.name === name && fits(span));
      const [span] = found;
      if (span === undefined || found.length > 1)
        throw new Error(`${String(found.length)} spans are ${kind} ${name}, of ${spans().map(titleOf).join(', ')}`);
      return span;
    },
    async metrics() {
      await reader.forceFlush();
      const [last] = metricExporter.getMetrics().slice(-1);
      return last?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    },
    reset() {
      exporter.reset();
      metricExporter.reset();
    },
    async stop() {
      await Promise.all([provider.shutdown(), meterProvider.shutdown()]);
      for (const api of [trace, metrics, propagation, context]) api.disable();
    },
  };
}

/** `CLIENT tools/call ask`. */
export function titleOf({ kind, name }: ReadableSpan): string {
  return `${SpanKind[kind]} ${name}`;
}

/** From the root to the span, as far as it is among these. */
export function pathOf(span: ReadableSpan, among: readonly ReadableSpan[]): readonly ReadableSpan[] {
  const parent = among.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId);
  return parent === undefined ? [span] : [...pathOf(parent, among), span];
}

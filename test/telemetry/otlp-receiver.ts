/** A receiver of OTLP over HTTP, which takes JSON. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly message?: string };
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface Batch {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

export class OtlpReceiver {
  /** All that came, as it came. */
  readonly bodies: string[] = [];
  readonly spans: ReceivedSpan[] = [];
  /** The names of the metrics that came. */
  readonly metrics: Set<string> = new Set<string>();
  /** What the spans say they come from. */
  readonly resource: Map<string, string | undefined> = new Map<string, string | undefined>();
  readonly #server = createServer((request, response) => {
    void text(request).then((body) => {
      this.bodies.push(body);
      this.#receive(JSON.parse(body) as Batch);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  /** @returns what a program needs in its environment to export to it */
  async start(): Promise<Readonly<Record<string, string>>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String(port)}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** From the root to the span, as `2 tools/call ask`. */
  pathOf(span: ReceivedSpan): readonly string[] {
    const parent = this.spans.find(({ spanId }) => spanId === span.parentSpanId);
    const title = `${String(span.kind)} ${span.name}`;
    return parent === undefined ? [title] : [...this.pathOf(parent), title];
  }

  #receive({ resourceSpans = [], resourceMetrics = [] }: Batch): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const { key, value } of resource.attributes) this.resource.set(key, value.stringValue);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
    for (const { scopeMetrics } of resourceMetrics)
      for (const { name } of scopeMetrics.flatMap(({ metrics }) => metrics)) this.metrics.add(name);
  }
}

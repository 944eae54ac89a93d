/** Proofs for one request (DPoP), and what traces one through several servers or is added to it at an edge. */
const NAMES: ReadonlySet<string> = new Set([
  ...['b3', 'baggage', 'cf-ray', 'content-length', 'dpop', 'elastic-apm-traceparent', 'idempotency-key'],
  ...['sentry-trace', 'traceparent', 'tracestate', 'uber-trace-id'],
  ...['x-amz-cf-id', 'x-azure-ref', 'x-request-start', 'x-vercel-id'],
]);

const PATTERNS: readonly RegExp[] = [
  /^x-(b3|datadog|ot|cloud-trace|amzn-trace|instana)-/,
  /^(?:.+-)?(request|correlation|trace|span|transaction)-?id$/,
];

/**
 * Whether this header describes a single request. Such a header differs between the requests of one client, and does not
 * identify it.
 *
 * @param name in lower case
 */
export function isOfOneRequest(name: string): boolean {
  return NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name));
}

interface PassedHeaderOptions {
  readonly passHeaders: readonly string[];
  readonly varyHeaders: readonly string[];
}

/**
 * Headers that trace a request through several servers, and proofs for one request (DPoP). They differ between the
 * requests of a session, and do not identify the client.
 */
const OF_ONE_REQUEST: readonly RegExp[] = [
  /^(traceparent|tracestate|baggage|b3|dpop|sentry-trace|uber-trace-id|elastic-apm-traceparent|idempotency-key)$/,
  /^x-(b3|datadog|ot|cloud-trace|amzn-trace|instana)-/,
  /^(?:.+-)?(request|correlation|trace|span|transaction)-?id$/,
];

/** The passed-on headers that identify the client: all but `varyHeaders` and those known to belong to one request. */
export function credentialHeaders({ passHeaders, varyHeaders }: PassedHeaderOptions): readonly string[] {
  const isOfOneRequest = (name: string): boolean => OF_ONE_REQUEST.some((pattern) => pattern.test(name));
  return passHeaders.filter((name) => !isOfOneRequest(name) && !varyHeaders.includes(name));
}

interface PassedHeaderOptions {
  readonly passHeaders: readonly string[];
  readonly varyHeaders: readonly string[];
}

/**
 * Headers by which requests are followed through several servers, and proofs that are made for one request (DPoP). They
 * differ from one request of a session to the next, and say nothing of who the client is.
 */
const OF_ONE_REQUEST: readonly RegExp[] = [
  /^(traceparent|tracestate|baggage|b3|dpop|sentry-trace|uber-trace-id|elastic-apm-traceparent|idempotency-key)$/,
  /^x-(b3|datadog|ot|cloud-trace|amzn-trace|instana)-/,
  /^(?:.+-)?(request|correlation|trace|span|transaction)-?id$/,
];

/** Of the headers that are passed on, those that say who the client is: all that are not known to be of one request. */
export function credentialHeaders({ passHeaders, varyHeaders }: PassedHeaderOptions): readonly string[] {
  const isOfOneRequest = (name: string): boolean => OF_ONE_REQUEST.some((pattern) => pattern.test(name));
  return passHeaders.filter((name) => !isOfOneRequest(name) && !varyHeaders.includes(name));
}

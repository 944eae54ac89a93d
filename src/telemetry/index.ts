/** The entry "./telemetry": spans and metrics of the semantic conventions for MCP. It needs `@opentelemetry/api`. */
export { instrument, type InstrumentOptions } from './instrument.js';
export { proxyTelemetry, type ProxyTelemetry, type ProxyTelemetryOptions } from './proxy-telemetry.js';
export type { Network } from './attributes.js';

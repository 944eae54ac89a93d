import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Observable } from 'rxjs';
import { endsWithin } from '../ends-within.js';
import type { Carrier } from '../proxy-carrier.js';
import type { ProxyEvent } from '../proxy-events.js';
import type { Network } from '../telemetry/attributes.js';
import { proxyTelemetry } from '../telemetry/proxy-telemetry.js';
import type { Exported } from './exported-signals.js';
import type { Logs } from './logs.js';
import type { CommandOptions, UpstreamSpec } from './options.js';
import { UsageError } from './usage-error.js';

/** How long the last spans and measurements may take to be exported. */
const FLUSH_MS = 3_000;

/** A receiver that is down fails with each export. */
const WARN_AGAIN_MS = 60_000;

/** The telemetry of the command. */
export interface CommandTelemetry {
  readonly carrier: Carrier;
  observe(events$: Observable<ProxyEvent>): void;
  /** Exports what is left. */
  stop(): Promise<void>;
}

/** Starts the official SDK, which reads the standard variables itself. Rejects if it is not installed. */
export async function startTelemetry(
  options: CommandOptions,
  { traces, metrics }: Exported,
  logs: Logs,
): Promise<CommandTelemetry> {
  const { env } = process;
  const isConsole = [env['OTEL_TRACES_EXPORTER'], env['OTEL_METRICS_EXPORTER']].some((one) => one?.includes('console'));
  if (options.stdio && isConsole)
    throw new UsageError('with --stdio, the exporter "console" would write between the messages: use another one');
  const { NodeSDK, resources } = await import('@opentelemetry/sdk-node');
  warnOfFailures(logs);
  const make = (): InstanceType<typeof NodeSDK> =>
    new NodeSDK({
      ...(isNamed(env) ? {} : { serviceName: 'mcp-backchannel' }),
      // The detector of processes, which is used by default, tells the command line. There may be secrets in it.
      ...(env['OTEL_NODE_RESOURCE_DETECTORS'] === undefined && {
        resourceDetectors: [resources.envDetector, resources.hostDetector],
      }),
      ...(!traces && { spanProcessors: [] }),
      ...(!metrics && { metricReaders: [] }),
      logRecordProcessors: [],
    });
  const sdk = withoutLogLevel(make);
  sdk.start();
  const telemetry = proxyTelemetry({
    client: clientOf(options),
    backend: backendOf(options.upstream),
    redact: logs.redact,
  });
  return {
    carrier: telemetry.carrier,
    observe(events$) {
      telemetry.observe(events$);
    },
    async stop() {
      await endsWithin(FLUSH_MS, sdk.shutdown());
    },
  };
}

/** Whether the user has named the service. */
function isNamed(env: NodeJS.ProcessEnv): boolean {
  const { OTEL_SERVICE_NAME: name = '', OTEL_RESOURCE_ATTRIBUTES: attributes = '' } = env;
  return name !== '' || /(^|,)\s*service\.name=/.test(attributes);
}

/** If the variable is set, the SDK replaces our logger by the console, which writes to stdout. */
function withoutLogLevel<R>(work: () => R): R {
  const { env } = process;
  const { OTEL_LOG_LEVEL: level } = env;
  if (level === undefined) return work();
  delete env['OTEL_LOG_LEVEL'];
  try {
    return work();
  } finally {
    // It is the backend's as well.
    env['OTEL_LOG_LEVEL'] = level;
  }
}

/** The SDK tells of failed exports on the console, and by default not at all. stdout belongs to the protocol. */
function warnOfFailures(logs: Logs): void {
  let warnedAt = -Infinity;
  const warn = (message: string): void => {
    const now = performance.now();
    if (now - warnedAt < WARN_AGAIN_MS) return;
    warnedAt = now;
    logs.warning(`OpenTelemetry: ${message}`);
  };
  const info = (message: string): void => {
    logs.info(`OpenTelemetry: ${message}`);
  };
  const wanted = process.env['OTEL_LOG_LEVEL']?.toUpperCase() ?? '';
  const logLevel = wanted in DiagLogLevel ? DiagLogLevel[wanted as keyof typeof DiagLogLevel] : DiagLogLevel.WARN;
  const logger = { error: warn, warn, info, debug: info, verbose: info };
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true });
}

function clientOf({ stdio }: CommandOptions): Network {
  return stdio ? { transport: 'pipe' } : { transport: 'tcp', protocol: 'http', protocolVersion: '1.1' };
}

function backendOf(upstream: UpstreamSpec): Network {
  if (upstream.kind === 'command') return { transport: 'pipe' };
  const { hostname, port, protocol } = upstream.url;
  const standard = protocol === 'https:' ? 443 : 80;
  const address = { address: hostname, port: port === '' ? standard : Number(port) };
  return { transport: 'tcp', protocol: 'http', protocolVersion: '1.1', ...address };
}

import { exportedBy } from './exported-signals.js';
import type { Logs } from './logs.js';
import type { CommandTelemetry } from './open-telemetry.js';
import type { CommandOptions } from './options.js';
import { UsageError } from './usage-error.js';

const PACKAGES = '@opentelemetry/api @opentelemetry/sdk-node';

/**
 * OpenTelemetry, if the standard variables ask for it. Its packages are loaded only then: they take longer to load than
 * everything else.
 */
export async function lateTelemetry(options: CommandOptions, logs: Logs): Promise<CommandTelemetry | undefined> {
  const exported = exportedBy(process.env);
  if (!exported.traces && !exported.metrics) return undefined;
  try {
    const { startTelemetry } = await import('./open-telemetry.js');
    return await startTelemetry(options, exported, logs);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@opentelemetry/')) throw cause;
    throw new UsageError(
      `variables OTEL_… ask for OpenTelemetry, and its SDK is not installed: npm install ${PACKAGES} (or unset them)`,
    );
  }
}

/** How severe log messages are. */

/** From the least severe to the most severe. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

export type LogLevel = (typeof LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return (LEVELS as readonly unknown[]).includes(value);
}

/** Whether a log message is to be sent. @param least `undefined`: none is */
export function isWanted(level: unknown, least: LogLevel | undefined): boolean {
  return least !== undefined && isLogLevel(level) && LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** The command line or the environment is invalid. The message is one line, and never contains a credential. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @param value the refused text; left out if it may be a credential */
export function refused(name: string, expected: string, value?: string): UsageError {
  return new UsageError(`${name} must be ${expected}${value === undefined ? '' : `, not '${value}'`}`);
}

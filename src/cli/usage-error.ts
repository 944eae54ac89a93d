/** The command was given something it cannot use. The message is one line, and never holds a credential. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @param value the refused text, left out where it may be a credential */
export function refused(name: string, expected: string, value?: string): UsageError {
  return new UsageError(`${name} must be ${expected}${value === undefined ? '' : `, not '${value}'`}`);
}

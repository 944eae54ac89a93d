/** The command was given something it cannot use. The message is one line, and never holds a credential. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

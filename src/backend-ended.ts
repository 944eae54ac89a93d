/** The process of a backend has ended by itself, or stopped speaking. The message is for logs. */
export class BackendEnded extends Error {
  override readonly name = 'BackendEnded';

  /** @param how it ended, such as `ended with code 1`: clients are told this much */
  constructor(
    readonly how: string,
    message: string,
  ) {
    super(message);
  }
}

/** The process of a backend has ended by itself, or has closed its stdout. The message is for logs. */
export class BackendEnded extends Error {
  override readonly name = 'BackendEnded';

  /**
   * @param how how it ended, such as `ended with code 1`; clients see only this part
   * @param exitCode of a process that was not ended by a signal
   */
  constructor(
    readonly how: string,
    message: string,
    readonly exitCode?: number,
  ) {
    super(message);
  }
}

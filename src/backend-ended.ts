/** How the process of a backend ended by itself. */
export interface BackendEnd {
  readonly exitCode: number | undefined;
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal: string | undefined;
}

/** The process of a backend has ended by itself, or has closed its stdout. The message is for logs. */
export class BackendEnded extends Error {
  override readonly name = 'BackendEnded';

  /**
   * @param how how it ended, such as `ended with code 1`; clients see only this part
   * @param end with which code or signal, if the process has ended
   */
  constructor(
    readonly how: string,
    message: string,
    readonly end?: BackendEnd | undefined,
  ) {
    super(message);
  }
}

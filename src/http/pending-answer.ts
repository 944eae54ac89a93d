/** An HTTP answer that somebody else than the transport gives. */
export interface OtherAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Whether the answer to a request may begin. A proxy holds it until its backend has taken the message: a refusal of the
 * backend, such as 401, then becomes the answer.
 */
export interface PendingAnswer {
  /** It is not decided yet, or there is another answer. */
  readonly isAwaited: boolean;
  /** The transport's answer begins: there is a message to be written. */
  begin(): void;
  /** @param settled called with the other answer, or with `undefined` for the transport's own */
  onSettled(settled: (other: OtherAnswer | undefined) => void): void;
}

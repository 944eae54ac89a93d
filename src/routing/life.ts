/** One life of one transport, from start to close. When it is over, no message may leave on its behalf. */
export interface Life {
  /** Tells the lives of one transport from those of another. */
  readonly transport: object;
  readonly over: boolean;
}

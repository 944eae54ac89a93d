/** Something whose messages are written one after the other: a stream of the client's. Its writer keeps the state. */
export class OrderedStream {
  /** How many messages are being written: more than one, where a write reacts to the one before. */
  underWay = 0;
  /** A write is being called: what is sent from inside it is a reaction to what it has delivered. */
  isCalling = false;
  /** Since when its messages wait for the client to come back to it; performance clock. */
  heldSince: number | undefined = undefined;
  /** Begin the writes of the messages that wait for their turn; most streams never have any. */
  waiting: (() => void)[] | undefined = undefined;
}

/** A stream of the client, whose messages are written one after the other. `WriteOrder` keeps this state. */
export class OrderedStream {
  /** How many messages are being written. It is more than one if a write was sent in reaction to the one before. */
  underWay = 0;
  /** A write is being called. A message sent from inside it is a reaction to the message that it delivers. */
  isCalling = false;
  /** Since when its messages wait for the client to come back to it, on the performance clock. */
  heldSince: number | undefined = undefined;
  /** Functions that begin the writes of the messages that wait for their turn. Most streams never have any. */
  waiting: (() => void)[] | undefined = undefined;
}

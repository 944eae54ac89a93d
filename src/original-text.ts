/**
 * The texts that messages were read from. A message that is passed on unchanged is written as that very text: JavaScript
 * cannot hold every number of JSON, and forgets repeated keys and how a number was written.
 *
 * The text belongs to the object. Whoever changes something makes a new object, which has no text.
 */
const texts = new WeakMap<object, string>();

/** @param text JSON that was parsed to exactly this message */
export function keepText(message: object, text: string | undefined): void {
  if (text !== undefined) texts.set(message, text);
}

/** The text that the message was read from, if it is known. */
export function originalText(message: object): string | undefined {
  return texts.get(message);
}

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

/** The message as JSON. */
export function jsonOf(message: object): string {
  return originalText(message) ?? JSON.stringify(message);
}

/** The message as JSON on one line. Outside of strings, a line break is a space like any other. */
export function lineOf(message: object): string {
  const json = jsonOf(message);
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, ' ') : json;
}

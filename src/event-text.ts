/** The text of events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** A message as an event. */
export function eventOf(json: string, id?: string): string {
  const data = dataOf(json);
  return id === undefined || id === '' ? `event: message\n${data}\n\n` : `event: message\nid: ${id}\n${data}\n\n`;
}

/** A message in the `data` fields of an event. JSON text of one line needs no more than one. */
export function dataOf(json: string): string {
  return `data: ${json.includes('\n') || json.includes('\r') ? json.split(/\r\n|\r|\n/).join('\ndata: ') : json}`;
}

/** An event without data: by its id a client can come back, though nothing was sent yet. */
export function primingEvent(id: string, retryMs: number | undefined): string {
  return retryMs === undefined ? `id: ${id}\ndata: \n\n` : `id: ${id}\nretry: ${retryMs}\ndata: \n\n`;
}

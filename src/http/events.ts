/** The text of events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** A message as an event. JSON text of one line needs no more than one `data` field. */
export function eventOf(json: string, id?: string): string {
  const data = json.includes('\n') || json.includes('\r') ? json.split(/\r\n|\r|\n/).join('\ndata: ') : json;
  return id === undefined || id === ''
    ? `event: message\ndata: ${data}\n\n`
    : `event: message\nid: ${id}\ndata: ${data}\n\n`;
}

/** An event without data: by its id a client can come back, though nothing was sent yet. */
export function primingEvent(id: string, retryMs: number | undefined): string {
  return retryMs === undefined ? `id: ${id}\ndata: \n\n` : `id: ${id}\nretry: ${retryMs}\ndata: \n\n`;
}

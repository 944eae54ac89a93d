/** The outcome of reading a body. */
export type Body = { readonly text: string } | 'too large' | 'broken off';

const decoder = new TextDecoder();

/** Reads the body of a web-standard request, up to `maxBytes`. */
export async function readWebBody(request: Request, maxBytes: number): Promise<Body> {
  const bytes = await readWebBytes(request, maxBytes);
  return typeof bytes === 'string' ? bytes : { text: decoder.decode(bytes) };
}

/** The same, without decoding it. */
export async function readWebBytes(
  { headers, body }: Request,
  maxBytes: number,
): Promise<Uint8Array | 'too large' | 'broken off'> {
  if (Number(headers.get('content-length')) > maxBytes) return 'too large';
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'broken off';
  }
  return Buffer.concat(chunks);
}

/** Parses a body. The transport rejects `null` as it rejects invalid JSON, but checks the headers first. */
export function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The load hook of a Node that runs such hooks on a thread of their own. See `preload.cts`. */
interface Loaded {
  readonly source?: string | Uint8Array | null;
}

interface Data {
  readonly pattern: RegExp;
  readonly call: string;
}

let stdio: Data | undefined;

export function initialize(data: Data): void {
  stdio = data;
}

export async function load(
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await next(url, context);
  const { source } = loaded;
  if (stdio?.pattern.test(url) !== true || source == null) return loaded;
  return { ...loaded, source: `${typeof source === 'string' ? source : Buffer.from(source).toString()}${stdio.call}` };
}

/** Prints what the client saw, a line for each step. */
import { styleText } from 'node:util';

const TITLE = 46;

/** How long a step may take before it counts as a hang. */
const LIMIT_MS = 15_000;

/** Nobody looks through a pipe, and NO_COLOR says what it says. */
const COLOURED = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';

export class Report {
  isGood = true;

  begin(title: string): void {
    console.log(`\n${paint('bold', title)}\n`);
  }

  /**
   * @param see says what the client saw, or throws what it should not have seen
   * @throws if it does, or takes too long: what follows would make no sense
   */
  async step(title: string, see: () => Promise<string>): Promise<void> {
    const began = performance.now();
    const seen = await within(LIMIT_MS, see()).catch((error: unknown) => error);
    const isGood = typeof seen === 'string';
    const saw = seen instanceof Error ? withCauses(seen) : String(seen);
    const ms = `${(performance.now() - began).toFixed(0)} ms`;
    console.log(
      `${title.padEnd(TITLE)}${ms.padStart(8)}  ${paint(isGood ? 'green' : 'red', isGood ? 'ok' : 'no')}  ${saw}`,
    );
    if (isGood) return;
    this.isGood = false;
    throw seen;
  }
}

/** Throws if it is not so. */
export function must(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

/** `fetch failed` alone does not say why. */
function withCauses({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${withCauses(cause)}` : message;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing in ${ms / 1000} s`));
    }, ms);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

function paint(style: 'bold' | 'green' | 'red', text: string): string {
  return COLOURED ? styleText(style, text) : text;
}

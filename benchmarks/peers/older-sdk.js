/**
 * Preloaded into the command to have it run with an older SDK than the one that is installed with it. Imports are
 * turned while it starts; a call costs nothing more. What the SDK parses with stays what it is otherwise, so that the
 * SDK is all that differs.
 */
import { register } from 'node:module';
import { URL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const SDK = /^@modelcontextprotocol\/sdk\//;
const KEPT = /^(zod|eventsource-parser)(\/|$)/;
const ROOT = new URL('../../package.json', import.meta.url).href;

// Hooks run in a thread of their own, which loads this file once more.
if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, next) {
  if (SDK.test(specifier)) return next(specifier.replace(SDK, 'sdk-1.24/'), { ...context, parentURL: import.meta.url });
  return next(specifier, KEPT.test(specifier) ? { ...context, parentURL: ROOT } : context);
}

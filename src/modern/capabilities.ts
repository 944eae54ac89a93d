/** Which server requests may a client be asked? Only those that it has declared in the envelope of this request. */
import { isRecord, type JsonRpcMessage } from '../routing/message.js';
import type { Fields } from './meta.js';

/** Capabilities, as a client would declare them. */
export type Requirements = Fields;

/**
 * What a client lacks to answer this server request. `undefined`: it lacks nothing.
 *
 * | server request | declared as |
 * |---|---|
 * | elicitation, mode `form` or none | `elicitation: { form: {} }`, or `elicitation: {}` as in earlier revisions |
 * | elicitation, mode `url` | `elicitation: { url: {} }` |
 * | sampling | `sampling: {}` |
 * | sampling with tools | `sampling: { tools: {} }` |
 * | sampling with context of other servers | `sampling: {}`: a client without `context` may leave it out |
 * | roots | `roots: {}` |
 */
export function missingFor(request: JsonRpcMessage, declared: Fields): Requirements | undefined {
  const needed = neededFor(request);
  if (needed === undefined) return undefined;
  const { capability, member } = needed;
  const has = declared[capability];
  if (!isRecord(has)) return asDeclared(needed);
  if (member === undefined || has[member] !== undefined) return undefined;
  const isImplied = member === 'form' && has['url'] === undefined;
  return isImplied ? undefined : asDeclared(needed);
}

interface Needed {
  readonly capability: 'elicitation' | 'sampling' | 'roots';
  readonly member?: 'form' | 'url' | 'tools';
}

function neededFor({ method, params }: JsonRpcMessage): Needed | undefined {
  const fields = isRecord(params) ? params : {};
  switch (method) {
    case 'elicitation/create':
      return { capability: 'elicitation', member: fields['mode'] === 'url' ? 'url' : 'form' };
    case 'sampling/createMessage': {
      const withTools = fields['tools'] !== undefined || fields['toolChoice'] !== undefined;
      return { capability: 'sampling', ...(withTools && { member: 'tools' }) };
    }
    case 'roots/list':
      return { capability: 'roots' };
    default:
      return undefined;
  }
}

function asDeclared({ capability, member }: Needed): Requirements {
  return { [capability]: member === undefined ? {} : { [member]: {} } };
}

/** Whether a server request of this method can become part of an `input_required` result at all. */
export function isInputMethod(method: unknown): boolean {
  return neededFor({ method }) !== undefined;
}

/** All that a client lacks, for the error that tells it so. @param missing what it lacks for each server request */
export function requiredCapabilities(missing: readonly Requirements[]): Requirements {
  return missing.reduce(withMissing, {});
}

function withMissing(all: Requirements, missing: Requirements): Requirements {
  const merged = Object.entries(missing).map(([name, members]) => {
    const known = all[name];
    return [name, { ...(isRecord(known) && known), ...(isRecord(members) && members) }] as const;
  });
  return { ...all, ...Object.fromEntries(merged) };
}

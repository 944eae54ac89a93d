/** Whether a retry repeats the call that it names: the same method and the same params, and nothing else. */
import { createHash } from 'node:crypto';
import { memberAt } from '../json-text.js';
import { withoutStandIns } from '../long-ids.js';
import { originalText } from '../original-text.js';
import { CLIENT_CAPABILITIES_KEY } from '../modern-era.js';
import { metaOf, type JsonRpcMessage } from '../routing/message.js';
import { canonicalText } from './canonical-text.js';

/** What a retry may change. */
const RETRY_FIELDS: readonly string[] = ['_meta', 'inputResponses', 'requestState'];

/**
 * The digest of a call: its method, its params without what a retry may change, and the capabilities that its client
 * declares with it. The backend may ask by these until the call is over. SHA-256, in base64url.
 *
 * Params are compared as `canonicalText()` does. Params that are absent equal `{}`.
 *
 * @param text what the message was parsed from. Default: the text that was kept for it. Without any, its numbers count
 *   as JavaScript holds them
 */
export function callDigest(message: JsonRpcMessage, text: string | undefined = originalText(message)): string {
  const params = text === undefined ? writtenParams(message) : memberAt(text, ['params']);
  return createHash('sha256')
    .update(
      `${JSON.stringify(message.method)}\n${canonicalText(params ?? '{}', RETRY_FIELDS)}\n${capabilitiesOf(message)}`,
    )
    .digest('base64url');
}

function capabilitiesOf(message: JsonRpcMessage): string {
  return canonicalText(JSON.stringify(metaOf(message)?.[CLIENT_CAPABILITIES_KEY] ?? {}));
}

function writtenParams({ params }: JsonRpcMessage): string | undefined {
  return params === undefined ? undefined : withoutStandIns(JSON.stringify(params));
}

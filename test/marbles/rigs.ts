/** The transports under which time passes: a wrapped one, and our own. */
import type { Backchannel, BackchannelOptions } from '../../src/index.js';
import type { JsonRpcMessage, RequestMessage } from '../../src/routing/message.js';
import { closeOwnRigs, ownRig } from '../support/own-http.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

export interface TimeRig {
  readonly transport: { readonly backchannel: Backchannel; send(message: JsonRpcMessage): Promise<void> };
  readonly post: (...messages: RequestMessage[]) => unknown;
  readonly get: () => unknown;
  /** What is to be written is kept first, which takes so long for each message. */
  readonly storesIn: (...delays: readonly number[]) => void;
  /** The ids of what was written, in its order. */
  readonly written: () => unknown[];
}

interface TimeRigKind {
  readonly transport: string;
  readonly open: (options: BackchannelOptions) => TimeRig;
  /** Its client can come back for what it misses. */
  readonly openWithStore: (options: BackchannelOptions) => TimeRig;
}

export const TIME_RIGS: readonly TimeRigKind[] = [
  { transport: 'a wrapped transport', open: wrapped, openWithStore: wrapped },
  { transport: 'our own transport', open: ownRig, openWithStore: (options) => ownRig(options, true) },
];

export async function closeTimeRigs(): Promise<void> {
  await Promise.all([closeRigs(), closeOwnRigs()]);
}

function wrapped(options: BackchannelOptions): TimeRig {
  const rig = watchedRig(options);
  const { inner } = rig;
  return {
    ...rig,
    written: () => inner.sent.map(({ message }) => message.id),
    storesIn: (...delays) => {
      const left = [...delays];
      inner.write = async () => {
        const delay = left.shift() ?? 0;
        return new Promise((resolve) => delay === Infinity || setTimeout(resolve, delay));
      };
    },
  };
}

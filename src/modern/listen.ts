import type { NotificationMessage } from '../routing/message.js';
import type { AnswerWriter } from './answer-writer.js';
import type { ModernCall } from './envelope.js';
import { acknowledgement, changeFor, listenResult, type ListenFilter } from './listening.js';
import type { Fields } from './meta.js';
import type { Place } from './place.js';

/** How much may happen before the client is told what it has subscribed to. */
const MAX_WAITING = 1_000;

export interface Listening {
  readonly call: ModernCall;
  readonly filter: ListenFilter;
  readonly place: Place;
  readonly writer: AnswerWriter;
  readonly serverInfo: Fields | undefined;
  /** Called once, when nobody listens any more. */
  readonly onEnd: () => void;
}

/** Tells a client of changes, until it leaves or the session is over. */
export async function listen(listening: Listening): Promise<void> {
  const { call, filter, place, writer } = listening;
  const { changes } = place;
  const { resourceSubscriptions: uris = [] } = filter;
  const waiting: NotificationMessage[] = [];
  let tell = (change: NotificationMessage): void => {
    if (waiting.length < MAX_WAITING) waiting.push(change);
  };
  const listener = (change: NotificationMessage): void => {
    tell(change);
  };
  changes.listen(listener);
  const outcomes = await Promise.allSettled(uris.map(async (uri) => changes.subscribe(uri)));
  const subscribed = uris.filter((_uri, at) => outcomes[at]?.status === 'fulfilled');
  const given = withSubscriptions(filter, subscribed);
  const end = (): void => {
    forgetPlace();
    changes.leave(listener);
    for (const uri of subscribed) changes.unsubscribe(uri);
    listening.onEnd();
  };
  const forgetPlace = place.whenOver(() => {
    writer.answer(200, resultText(listening));
    end();
  });
  writer.onGone(end);
  if (writer.isOver) {
    end();
    return;
  }
  tell = (change) => {
    const told = changeFor(change, call.id, given);
    if (told !== undefined) writer.event(JSON.stringify(told));
  };
  writer.event(JSON.stringify(acknowledgement(call.id, given)));
  for (const change of waiting) tell(change);
  if (place.isOver) {
    writer.answer(200, resultText(listening));
    end();
  }
}

/** A subscription that the backend has refused is no part of the acknowledgement. */
function withSubscriptions(
  { resourceSubscriptions: _asked, ...lists }: ListenFilter,
  uris: readonly string[],
): ListenFilter {
  return uris.length === 0 ? lists : { ...lists, resourceSubscriptions: uris };
}

function resultText({ call, serverInfo }: Listening): string {
  return JSON.stringify({ jsonrpc: '2.0', id: call.id, result: listenResult(call.id, serverInfo) });
}

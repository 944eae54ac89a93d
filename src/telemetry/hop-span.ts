import { propagation, SpanKind, trace } from '@opentelemetry/api';
import { shownSession } from '../interceptor/session-prefix.js';
import type { Forwarded } from '../proxy-events.js';
import { isRequest } from '../routing/message.js';
import { shownNode } from '../shown-node.js';
import { subjectOf, withoutAbsent } from './attributes.js';
import { originOf, spanContextIn } from './propagation.js';
import { SCOPE } from './scope.js';
import type { Show } from './shown-text.js';

/**
 * Makes the span of passing a call on to the node that has its session, until that node begins to answer. It is beside
 * the spans of that node, which takes the context from the call itself. Without such a context, nothing would hold the
 * two together, and there is no span.
 */
export function tellHop(event: Forwarded, show: Show): void {
  // Nobody reads a context. The message is not read either.
  if (propagation.fields().length === 0 || event.method !== 'POST') return;
  const { message, headers, session, toNode, outcome, at, durationMs } = event;
  if (message === undefined || !isRequest(message)) return;
  const { parent } = originOf(message, headers);
  if (spanContextIn(parent) === undefined) return;
  const { name, id, counted } = subjectOf(message, show);
  const attributes = withoutAbsent({
    ...counted,
    'jsonrpc.request.id': id,
    'mcp.session.id': session === undefined ? undefined : shownSession(session),
    'mcp_backchannel.to_node': shownNode(toNode),
    'mcp_backchannel.outcome': outcome,
  });
  const options = { kind: SpanKind.INTERNAL, attributes, startTime: at - durationMs };
  trace.getTracer(SCOPE).startSpan(`pass on ${name}`, options, parent).end(at);
}

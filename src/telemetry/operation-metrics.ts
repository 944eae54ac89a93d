/**
 * The metrics of the semantic conventions for MCP.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md#metrics
 */
import { metrics, type Attributes, type Context, type Histogram, type MeterProvider } from '@opentelemetry/api';
import type { Kind } from './attributes.js';
import { SCOPE } from './scope.js';

/** In seconds, as the conventions advise. */
const BOUNDARIES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

const DESCRIPTIONS = {
  'mcp.client.operation.duration':
    'The duration of the MCP request or notification as observed on the sender from the time it was sent until the response or ack is received.',
  'mcp.server.operation.duration':
    'MCP request or notification duration as observed on the receiver from the time it was received until the result or ack is sent.',
  'mcp.client.session.duration': 'The duration of the MCP session as observed on the MCP client.',
  'mcp.server.session.duration': 'The duration of the MCP session as observed on the MCP server.',
};

type Name = keyof typeof DESCRIPTIONS;

/** A program may register its SDK late, or another one: the API hands out no meter that notices. */
let provider: MeterProvider | undefined;
const histograms = new Map<Name, Histogram>();

/** @param within the operation, as an example for what is measured */
export function recordOperation(kind: Kind, seconds: number, attributes: Attributes, within: Context): void {
  histogram(`mcp.${kind}.operation.duration`).record(seconds, attributes, within);
}

export function recordSession(kind: Kind, seconds: number, attributes: Attributes): void {
  histogram(`mcp.${kind}.session.duration`).record(seconds, attributes);
}

function histogram(name: Name): Histogram {
  const current = metrics.getMeterProvider();
  if (current !== provider) {
    provider = current;
    histograms.clear();
  }
  let found = histograms.get(name);
  if (found === undefined) {
    found = current.getMeter(SCOPE).createHistogram(name, {
      description: DESCRIPTIONS[name],
      unit: 's',
      advice: { explicitBucketBoundaries: BOUNDARIES },
    });
    histograms.set(name, found);
  }
  return found;
}

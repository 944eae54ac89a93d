/** A real transport with a back-channel that knows its streams: whatever comes from both sides, it ends, and all is settled. */
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { closers, listen } from '../proxy/support.js';
import { HTTP_TRANSPORTS, type HttpTransport } from '../support/transports.js';
import { fuzz } from './runs.js';
import { Session, type Stage } from './session.js';
import { anyExchange } from './traffic.js';

const closing = closers();

async function startStage(kind: HttpTransport): Promise<Stage> {
  const waiting = new Set<() => void>();
  const http = createServer((request, response) => {
    stage.handle(request, response);
    for (const go of [...waiting]) go();
    waiting.clear();
  });
  const stage: Stage = {
    kind,
    url: await listen(http),
    handle: () => undefined,
    nextRequest: async () => new Promise((resolve) => waiting.add(resolve)),
    outcomes: new Map(),
  };
  closing(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return stage;
}

test.each(HTTP_TRANSPORTS)(
  '$transport is handed HTTP requests: both sides may send anything, and all that was sent is settled',
  async (kind) => {
    const stage = await startStage(kind);
    const tried = await fuzz(80, anyExchange, async ({ json, store, options, steps }) => {
      const session = new Session(stage, json, store, options);
      await session.begin();
      try {
        for (const step of steps) await session.take(step);
      } finally {
        await session.end();
      }
    });
    // It was not spared: messages have left, waited for a stream, and been refused. A few inputs need not do all that.
    if (tried < 40) return;
    for (const outcome of ['delivered', 'parked', 'refused']) {
      expect(stage.outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(tried / 40);
    }
  },
);

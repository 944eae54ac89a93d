import { describe, expect, test, vi } from 'vitest';
import { Orphans } from '../../src/streams/orphans.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

/** A client and the questions it was asked. */
function client(timeoutMs = 1_000) {
  const state = { connections: 0, questions: 0, abandoned: 0 };
  const orphans = new Orphans(timeoutMs, {
    get isAbandoned() {
      return state.connections === 0 && state.questions > 0;
    },
    answerAll() {
      state.abandoned += 1;
      state.questions = 0;
    },
  });
  return {
    orphans,
    state,
    asks: () => {
      state.questions += 1;
      orphans.requestSent();
    },
    connects: () => {
      state.connections += 1;
      orphans.clientSeen();
    },
    disconnects: () => {
      state.connections -= 1;
      orphans.clientSeen();
    },
  };
}

describe('questions are abandoned', () => {
  test('when the client has been gone for the whole time, and once', () => {
    const { state, connects, asks, disconnects } = client();
    connects();
    asks();
    disconnects();
    vi.advanceTimersByTime(999);
    expect(state.abandoned).toBe(0);
    vi.advanceTimersByTime(1);
    expect(state.abandoned).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(state.abandoned).toBe(1);
  });

  test('when they were asked, to be stored, while the client was away', () => {
    const { state, asks } = client();
    asks();
    vi.advanceTimersByTime(1_000);
    expect(state.abandoned).toBe(1);
  });

  test('together: one that is asked later does not start the time anew', () => {
    const { state, asks } = client();
    asks();
    vi.advanceTimersByTime(600);
    asks();
    vi.advanceTimersByTime(400);
    expect(state).toMatchObject({ abandoned: 1, questions: 0 });
  });

  test('again when the next client goes as well', () => {
    const { state, connects, asks, disconnects } = client();
    asks();
    vi.advanceTimersByTime(1_000);
    connects();
    asks();
    disconnects();
    vi.advanceTimersByTime(1_000);
    expect(state.abandoned).toBe(2);
  });
});

describe('no question is abandoned', () => {
  test('while the client holds a connection: it may be a person who thinks', () => {
    const { state, connects, asks } = client();
    connects();
    asks();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000_000);
    expect(state.abandoned).toBe(0);
  });

  test('while it holds another connection than the one that ended', () => {
    const { state, connects, asks, disconnects } = client();
    connects();
    connects();
    asks();
    disconnects();
    vi.advanceTimersByTime(1_000_000);
    expect(state.abandoned).toBe(0);
  });

  test('while it still talks: each connection starts the time anew', () => {
    const { state, connects, asks, disconnects } = client();
    asks();
    for (let round = 0; round < 10; round += 1) {
      vi.advanceTimersByTime(999);
      connects();
      disconnects();
    }
    expect(state.abandoned).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(state.abandoned).toBe(1);
  });

  test('when all were answered in time, though the client is gone', () => {
    const { state, asks } = client();
    asks();
    state.questions = 0;
    vi.advanceTimersByTime(1_000);
    expect(state.abandoned).toBe(0);
  });

  test('when none was asked: no time runs for a client that just goes', () => {
    const { connects, disconnects } = client();
    connects();
    disconnects();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('when the time is 0: never', () => {
    const { state, connects, asks, disconnects } = client(0);
    asks();
    connects();
    disconnects();
    expect(vi.getTimerCount()).toBe(0);
    expect(state.questions).toBe(1);
  });

  test('after close, which may be called at any time', () => {
    const { orphans, state, asks } = client();
    orphans.close();
    asks();
    orphans.close();
    orphans.close();
    vi.advanceTimersByTime(1_000_000);
    expect(state.abandoned).toBe(0);
  });
});

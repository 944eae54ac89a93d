/**
 * What a proxy does, in addition to what it costs: seen by the doctor, with its client and its backend, whose tools ask the
 * user.
 */
import { request } from 'node:http';
import { observeQuestions, type Asked, type Questions as DoctorsQuestions } from '../../src/doctor/questions.js';
import { observeTwoSessions } from '../../src/doctor/sessions.js';
import { Stage } from '../../src/doctor/stage.js';
import { PROTOCOL_VERSION } from '../../src/doctor/messages.js';
import type { Backend, Contestant } from './contestants.js';
import { HANG_MS, type Behaviour, type Outcome, type Questions, type Refusal, type Subject } from './results.js';
import { bounded, Running } from './running.js';
import { sdkOf } from './sdk.js';

type Answers = Omit<Behaviour, keyof Subject>;

export async function observe(contestant: Contestant, backend: Backend): Promise<Answers> {
  const { running, client } = await Running.start(contestant, backend, 'doctor_echo');
  const { wire } = contestant;
  const stage = new Stage({ wire, connect: running.connect, tool: (name) => running.tool(name) }, HANG_MS);
  const { tool, timeoutMs, open, openWithGet } = stage;
  try {
    const sessions = await observeTwoSessions({ open: openWithGet, tool, timeoutMs });
    const neverOpened = wire === 'streamable-http' ? await observeQuestions({ open, tool, timeoutMs }) : undefined;
    const withGet = await observeQuestions({ open: openWithGet, tool, timeoutMs });
    return {
      stateful: sessions.stateful,
      backendPerSession: sessions.backendPerSession,
      answersIsolated: sessions.answersIsolated,
      standaloneNeverOpened: neverOpened === undefined ? null : toldOf(neverOpened),
      standaloneOpen: toldOf(withGet),
      foreignHost: wire === 'stdio' ? null : await observeRefusal(running, { host: 'attacker.example' }),
      foreignOrigin: wire === 'stdio' ? null : await observeRefusal(running, { origin: 'http://attacker.example' }),
      needsCredential: Object.keys(running.headers).length > 0 && (await observeRefusal(running, {}, {})).refused,
      defaultAddress: addressOf(running),
      sdk: sdkOf(await running.program.scripts()),
    };
  } finally {
    await stage.close();
    client.close();
    await running.stop();
  }
}

/** As results tell it. */
function toldOf({ first, second, twentieth, eight }: DoctorsQuestions): Questions {
  return {
    first: OUTCOMES[first.outcome],
    second: OUTCOMES[second.outcome],
    twentieth: twentieth === undefined ? 'not tried' : OUTCOMES[twentieth.outcome],
    stream: first.stream,
    eightAtOnce: {
      answered: eight.filter(({ outcome }) => outcome === 'answered').length,
      onOwnStream: eight.filter(({ stream }) => stream === 'own').length,
    },
  };
}

const OUTCOMES: Readonly<Record<Asked['outcome'], Outcome>> = {
  answered: 'answered',
  crossed: 'failed',
  refused: 'failed',
  hangs: 'hang',
};

function addressOf({ program, contestant }: Running): string | null {
  const listening = program.notes.find((note) => 'listen' in note);
  return listening === undefined && contestant.wire === 'stdio' ? 'nothing' : (listening?.listen ?? null);
}

/** Opens a session, as a page that a name was rebound for would. */
async function observeRefusal(
  { url, headers, contestant }: Running,
  foreign: Readonly<Record<string, string>>,
  credentials: Readonly<Record<string, string>> = headers,
): Promise<Refusal> {
  const isSse = contestant.wire === 'sse';
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'page', version: '1.0.0' } },
  };
  const status = new Promise<number | null>((resolve) => {
    const outgoing = request(
      url,
      {
        method: isSse ? 'GET' : 'POST',
        headers: {
          accept: isSse ? 'text/event-stream' : 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...credentials,
          ...foreign,
        },
      },
      (answer) => {
        resolve(answer.statusCode ?? null);
        answer.destroy();
      },
    );
    outgoing.on('error', () => resolve(null));
    outgoing.end(isSse ? undefined : JSON.stringify(initialize));
  });
  const answered = await bounded(10_000, status, 'initialize').catch(() => null);
  return { refused: answered === null || answered >= 400, status: answered };
}

import type { AdoptableSession } from './adoptable.js';
import type { Seal } from './seal.js';

/** The record of a session, as the nodes read it. */
export interface SessionRecord {
  /** The incarnation of its node. `undefined`: the node has let go of it. */
  readonly owner: string | undefined;
  readonly session: AdoptableSession;
}

/** Writes and reads the records of sessions. The engine sees neither the ids of sessions nor what is in the records. */
export class RecordTexts {
  constructor(private readonly seal: Pick<Seal, 'encrypt' | 'decrypt' | 'mac'>) {}

  keyOf(sessionId: string): string {
    return `session:${this.seal.mac('name', sessionId)}`;
  }

  write(key: string, record: SessionRecord): string {
    return this.seal.encrypt(key, JSON.stringify(record));
  }

  /** @returns `undefined` if no node of ours has written it for this session */
  read(key: string, text: string): SessionRecord | undefined {
    const json = this.seal.decrypt(key, text);
    return json === undefined ? undefined : (JSON.parse(json) as SessionRecord);
  }
}

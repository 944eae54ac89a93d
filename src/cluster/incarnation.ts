import { randomBytes } from 'node:crypto';

const INCARNATION_BYTES = 12;
const SESSION_ID = /^([A-Za-z0-9_-]{16})\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The name of a node, for as long as it is not taken for dead. It is never used again. */
export function newIncarnation(): string {
  return randomBytes(INCARNATION_BYTES).toString('base64url');
}

/** The incarnation that has made this id. @returns `undefined` if none has */
export function incarnationIn(sessionId: string): string | undefined {
  return SESSION_ID.exec(sessionId)?.[1];
}

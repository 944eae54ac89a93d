import type { AnswerWriter } from '../../src/modern/answer-writer.js';

/** Keeps what a client is told. */
export class Writer implements AnswerWriter {
  isOver = false;
  readonly events: unknown[] = [];
  readonly answers: unknown[] = [];
  status = 0;
  leave: (() => void) | undefined;

  event(message: string): void {
    this.events.push(JSON.parse(message));
  }

  answer(status: number, message: string): void {
    this.isOver = true;
    this.status = status;
    this.answers.push(JSON.parse(message));
  }

  end(): void {
    this.isOver = true;
  }

  onGone(callback: () => void): void {
    this.leave = callback;
  }
}

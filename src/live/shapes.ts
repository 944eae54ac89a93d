/** What a picture is made of, before it is drawn in the page or written to a file. */

interface Drawn {
  /** Of the style sheet of the picture. */
  readonly look: string;
  /** Shown while the pointer rests on it. */
  readonly title?: string | undefined;
  /** The number of the call that it stands for, which a click selects. */
  readonly call?: number | undefined;
}

interface Box extends Drawn {
  readonly kind: 'rect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Path extends Drawn {
  readonly kind: 'path';
  readonly d: string;
}

export interface Label extends Drawn {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export type Shape = Box | Path | Label;

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Those that come later cover those before. */
  readonly shapes: readonly Shape[];
}

/** Pixels, with at most one decimal: files stay small. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

export function line(look: string, x1: number, y1: number, x2: number, y2: number): Path {
  return { kind: 'path', look, d: `M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}` };
}

/** The head of an arrow that points up or down. */
export function head(look: string, x: number, y: number, direction: 'up' | 'down'): Path {
  const dy = direction === 'up' ? 6 : -6;
  return { kind: 'path', look, d: `M${px(x)} ${px(y)}L${px(x - 3.5)} ${px(y + dy)}L${px(x + 3.5)} ${px(y + dy)}Z` };
}

export function cross(look: string, x: number, y: number, title?: string): Path {
  const [left, right, top, bottom] = [px(x - 4), px(x + 4), px(y - 4), px(y + 4)];
  return { kind: 'path', look, title, d: `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}` };
}

export function label(look: string, x: number, y: number, text: string, call?: number): Label {
  return { kind: 'text', look, x: px(x), y: px(y), text, call };
}

/** Of the fonts that pictures use, at 11 pixels. */
const PER_CHARACTER = 6.3;

export function widthOf(text: string): number {
  return text.length * PER_CHARACTER;
}

/** As much of a text as fits. `undefined`: hardly anything does. */
export function fitting(text: string, width: number): string | undefined {
  if (widthOf(text) <= width) return text;
  const count = Math.floor(width / PER_CHARACTER) - 1;
  return count < 4 ? undefined : `${text.slice(0, count)}…`;
}

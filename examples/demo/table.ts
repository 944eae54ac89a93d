/** The outcomes as text: fits in 100 columns, coloured only where somebody looks. */
import { styleText } from 'node:util';
import type { Outcome } from './observe.js';
import type { Backend } from './backends.js';
import type { ModernOutcomes } from './modern.js';
import type { Outcomes } from './stage.js';

const WIDTH = 100;
const COLUMNS = { title: 22, state: 12, ms: 6, stream: 14 };
const GAP = '  ';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Nobody looks through a pipe, and NO_COLOR says what it says. */
const COLOURED = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';

export function table(
  { title, rows, note }: Backend,
  bare: Outcomes | undefined,
  wrapped: Outcomes | undefined,
): string {
  const heads = paint('bold', head());
  const lines = rows.map((row) => {
    const cells = [...outcomeCells(bare?.get(row)), GAP, ...outcomeCells(wrapped?.get(row))];
    return row.title.padEnd(COLUMNS.title) + cells.join('') + arrivalCells(wrapped?.get(row));
  });
  const errors = [...errorLines('bare', bare), ...errorLines('wrapped', wrapped)];
  return [
    paint('bold', title),
    '',
    heads,
    ...lines,
    ...errors,
    '',
    ...wrap(note).map((line) => paint('dim', line)),
  ].join('\n');
}

export function modernTable(outcomes: ModernOutcomes): string {
  const { title, state, ms } = COLUMNS;
  const bareWidth = state + ms + GAP.length;
  const lines = [...outcomes].map(([row, { bare, ours }]) =>
    [row.padEnd(title), paint('red', bare.padEnd(bareWidth)), paint(ours === 'ok' ? 'green' : 'red', ours)].join(''),
  );
  return [
    paint('bold', 'a client of revision 2026-07-28, in front of server-everything over stdio'),
    '',
    paint('bold', `${''.padEnd(title)}${'bare'.padEnd(bareWidth)}ours`),
    ...lines,
    '',
    ...wrap(MODERN_NOTE).map((line) => paint('dim', line)),
  ].join('\n');
}

const MODERN_NOTE =
  'Such a client has no session and takes no requests. createStatefulProxy() puts what the server asks into the result of the call, and the client repeats the call with the answer.';

export function passed({ rows }: Backend, outcomes: Outcomes | undefined): boolean {
  return rows.every((row) => outcomes?.get(row)?.state === 'ok');
}

function head(): string {
  const { title, state, ms, stream } = COLUMNS;
  const cells = [''.padEnd(title), 'bare'.padEnd(state + ms), GAP, 'wrapped'.padEnd(state + ms), GAP];
  return [...cells, 'stream'.padEnd(stream), 'evidence'].join('');
}

function outcomeCells(outcome: Outcome | undefined): string[] {
  if (outcome === undefined) return [paint('red', 'not run'.padEnd(COLUMNS.state + COLUMNS.ms))];
  const { state, detail, ms } = outcome;
  // What an error says is too long for a cell.
  const said = (state === 'error' ? state : `${state} ${detail}`).padEnd(COLUMNS.state);
  return [paint(state === 'ok' ? 'green' : 'red', said), duration(ms).padStart(COLUMNS.ms)];
}

function arrivalCells(outcome: Outcome | undefined): string {
  const { stream = '', evidence = '' } = outcome ?? {};
  return (GAP + stream.padEnd(COLUMNS.stream) + paint('yellow', evidence)).trimEnd();
}

function errorLines(how: string, outcomes: Outcomes | undefined): string[] {
  const failed = [...(outcomes ?? [])].filter(([, { state }]) => state === 'error');
  return failed.flatMap(([row, { detail }]) => wrap(`${how}, ${row.title}: ${detail}`));
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function paint(style: Style, text: string): string {
  return COLOURED ? styleText(style, text) : text;
}

function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trimStart();
  }
  return lines;
}

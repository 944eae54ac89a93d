import { observe, type Outcome, type Scene } from './observe.js';
import type { Work } from './work.js';

/** A row of the table. To show something else, add one to the list. */
export interface Row {
  readonly title: string;
  /** Rows of the same session run in it one after the other, in the order of the list. */
  readonly session: string;
  run(scene: Scene, work: Work): Promise<Outcome>;
}

/** What calls cause while their client waits for them. */
export const CALL_ROWS: readonly Row[] = [
  {
    title: 'first elicitation',
    session: 'elicitation',
    run: async (scene, { elicit }) => observe(scene, 'elicitation/create', [elicit]),
  },
  {
    title: 'second, same session',
    session: 'elicitation',
    run: async (scene, { elicit }) => observe(scene, 'elicitation/create', [elicit]),
  },
  {
    title: 'sampling',
    session: 'variety',
    run: async (scene, { sample }) => observe(scene, 'sampling/createMessage', [sample]),
  },
  {
    title: 'roots',
    // By itself, since server-everything asks for the roots a while after the session began, and once only.
    session: 'roots',
    run: async (scene, { roots }) => observe(scene, 'roots/list', [roots]),
  },
  {
    title: 'progress',
    session: 'variety',
    run: async (scene, { progress }) => observe(scene, 'notifications/progress', [progress]),
  },
  {
    title: 'log',
    session: 'variety',
    run: async (scene, { log }) => observe(scene, 'notifications/message', [log]),
  },
  {
    title: 'eight elicit at once',
    session: 'concurrent',
    run: async (scene, { concurrent }) => observe(scene, 'elicitation/create', concurrent),
  },
];

/**
 * Draws what the benchmarks have written, each result next to its JSON.
 *
 *     npm run bench:plots -- [--out <folder>]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markOf } from '../../suites/lib/environment.js';
import { optionsFromArguments } from '../lib/program.js';
import { readResult, type Results } from '../lib/result-files.js';
import { render, type Drawing } from './chart.js';
import { drawHttp } from './charts/http.js';
import { drawPeers } from './charts/peers.js';
import { drawRouting } from './charts/routing.js';
import { drawScale } from './charts/scale.js';

const { out } = optionsFromArguments();
draw('routing', drawRouting);
draw('http', drawHttp);
draw('scale', drawScale);
draw('peers', drawPeers);

function draw<N extends keyof Results>(name: N, drawing: (result: Results[N]) => Drawing): void {
  const result = readResult(out, name);
  if (result === undefined) {
    console.log(`${name}: not measured, not drawn`);
    return;
  }
  const mark = markOf('environment' in result ? result.environment : result);
  writeFileSync(join(out, `${name}.svg`), `${render(drawing(result))}\n${mark}\n`);
  console.log(`${name}: ${join(out, `${name}.svg`)}`);
}

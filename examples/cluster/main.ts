/**
 * Three nodes of the command behind an ordinary load balancer: elicitations, a node that drains, a node that is killed.
 * Real processes over loopback. Exits with 0 only if the client saw what it should.
 *
 *     npm run demo:cluster [-- haproxy | nginx | own]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BALANCERS, chosenBalancer, startBalancer } from './balancer.js';
import { startNodes, startRedis, startServerOverHttp, OVER_STDIO } from './nodes.js';
import { endAll, isInstalled } from './processes.js';
import { Report } from './report.js';
import { goesOn, tellsOfLoss } from './stories.js';

const asked = process.argv[2];
const balancer = BALANCERS.find((name) => name === asked) ?? chosenBalancer();

if (!isInstalled('redis-server')) {
  console.error('The demo needs redis-server, which is not installed: apt-get install redis-server');
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-demo-'));
  const report = new Report();
  try {
    const redis = await startRedis(folder);
    const names = ['node-1', 'node-2', 'node-3'];
    const servers = [OVER_STDIO, ['--url', await startServerOverHttp()]];
    for (const [database, server] of servers.entries()) {
      const nodes = await startNodes(names, `${redis}/${database}`, server);
      const { title, url, close } = await startBalancer(balancer, nodes, folder);
      report.begin(
        server === OVER_STDIO
          ? `Three nodes behind ${title}, which serve a server over stdio`
          : `Three nodes behind ${title}, which serve a server over HTTP`,
      );
      // What has gone wrong is printed already.
      await (server === OVER_STDIO ? tellsOfLoss : goesOn)({ url, nodes, report }).catch(() => undefined);
      close();
      await Promise.all(nodes.map(async (node) => (node.process.kill('SIGKILL'), node.ended)));
    }
  } finally {
    await endAll();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(report.isGood ? 'The client saw what it should.' : 'The client saw what it should not.');
  process.exitCode = report.isGood ? 0 : 1;
}

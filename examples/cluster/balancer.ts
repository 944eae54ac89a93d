/** An ordinary load balancer: each request goes to the next node, and nothing ties a session to one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningNode } from './nodes.js';
import { startOwnBalancer } from './own-balancer.js';
import { freePort } from '../../src/doctor/free-port.js';
import { isInstalled, run } from './processes.js';

export const BALANCERS = ['haproxy', 'nginx', 'own'] as const;
export type BalancerName = (typeof BALANCERS)[number];

/** The response header by which the balancer says which node has answered. */
export const NODE_HEADER = 'x-node';

export interface Balancer {
  readonly title: string;
  readonly url: string;
  readonly close: () => void;
}

/** HAProxy or nginx if it is installed, otherwise our own. */
export function chosenBalancer(): BalancerName {
  return BALANCERS.find((name) => name === 'own' || isInstalled(name)) ?? 'own';
}

/** @param folder for its files */
export async function startBalancer(
  name: BalancerName,
  nodes: readonly RunningNode[],
  folder: string,
): Promise<Balancer> {
  if (name === 'own') return { title: 'a balancer of its own', ...(await startOwnBalancer(nodes, NODE_HEADER)) };
  const port = await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, name === 'haproxy' ? haproxy(port, nodes) : nginx(port, nodes, folder));
  const program =
    name === 'haproxy' ? run(name, ['-db', '-f', file]) : run(name, ['-p', folder, '-c', file, '-e', 'stderr']);
  const url = `http://127.0.0.1:${port}/mcp`;
  await answers(url, program.ended);
  return {
    title: name === 'haproxy' ? 'HAProxy' : 'nginx',
    url,
    // nginx ends its workers only if it ends in order.
    close: () => void program.process.kill('SIGTERM'),
  };
}

/**
 * A node that drains says 503 at /healthz. It goes on with what it has, and gets nothing new. A busy node may say late that
 * it is well: without `timeout check`, one that needs longer than `inter` would be taken for dead, and if it is the last one,
 * the answer to an elicitation would get 503.
 *
 * Each request gets a connection of its own to a node. On a kept one, a request that meets the end of its node is lost: HAProxy does
 * not repeat it, and closes the client's connection without an answer. A new connection fails to be made, and the next node is taken.
 */
function haproxy(port: number, nodes: readonly RunningNode[]): string {
  return `
global
  maxconn 256
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout check 5s
  option redispatch 1
  option http-server-close
  retry-on conn-failure
frontend clients
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance roundrobin
  option httpchk GET /healthz
  http-response set-header ${NODE_HEADER} %s
  default-server check inter 200ms fall 1 rise 1
${nodes.map(({ name, port: at }) => `  server ${name} 127.0.0.1:${at}`).join('\n')}
`;
}

/** It notices a node that is gone when it cannot connect, and takes the next. */
function nginx(port: number, nodes: readonly RunningNode[], folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  upstream nodes {
${nodes.map(({ port: at }) => `    server 127.0.0.1:${at} max_fails=1 fail_timeout=2s;`).join('\n')}
  }
  map $upstream_addr $node {
${nodes.map(({ name, port: at }) => `    ~:${at}$ ${name};`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection '';
      proxy_buffering off;
      proxy_read_timeout 1h;
      proxy_next_upstream error;
      add_header ${NODE_HEADER} $node always;
    }
  }
}
`;
}

async function answers(url: string, ended: Promise<unknown>): Promise<void> {
  const state = { isOver: false };
  void ended.finally(() => (state.isOver = true));
  while ((await fetch(new URL('/healthz', url)).catch(() => undefined))?.ok !== true) {
    if (state.isOver) throw new Error('the balancer did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A Redis of a test's own: on a free port, without files. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { freePort } from '../../src/doctor/free-port.js';

export const HAS_REDIS: boolean = has('redis-server');
export const HAS_OPENSSL: boolean = has('openssl');

/** To stand at the end of a name of tests that need one. */
export const redisNote = HAS_REDIS ? '' : ' (not run: redis-server is not installed)';
export const tlsNote = HAS_REDIS && HAS_OPENSSL ? '' : ' (not run: redis-server or openssl is not installed)';

/**
 * The least that the user of a node needs: `ACL SETUSER <name> on ><password>`, and this. The beat runs its commands in a
 * script, for which the rights of its caller count.
 */
export const MIN_REDIS_RIGHTS: string = [
  'resetkeys ~{mcpb}:* resetchannels -@all',
  '+evalsha +eval +time +zadd +zrem +zrangebyscore +hset +hsetnx +hget +hgetall +hdel +pexpire +set +get +del',
].join(' ');

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Stands still, but keeps its connections. */
  freeze(): void;
  thaw(): void;
  readonly kill: () => Promise<void>;
  /** Begins again on the same port, with no data. */
  restart(): Promise<void>;
}

/** Starts one. It ends with the test. @param args more arguments of `redis-server` */
export async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const redis = await openRedis(...args);
  onTestFinished(redis.kill);
  return redis;
}

/** Starts one for several tests, which are to kill it. */
export async function openRedis(...args: readonly string[]): Promise<RedisServer> {
  const port = await freePort();
  const ports = args.includes('--tls-port') ? ['--port', '0'] : ['--port', String(port)];
  const all = [...ports, ...args.map((arg) => (arg === 'PORT' ? String(port) : arg))];
  let child = await run(all);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    kill,
    restart: async () => {
      await kill();
      child = await run(all);
    },
  };
}

/** A certificate for 127.0.0.1 that signs itself. The files go with the test. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-tls-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

async function run(args: readonly string[]): Promise<ChildProcess> {
  const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
  const child = spawn('redis-server', [...fixed, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const isReady = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', () => {
      reject(new Error(`redis-server has ended: ${lines.join('\n')}`));
    });
  });
  await isReady;
  return child;
}

function has(command: string): boolean {
  return spawnSync(command, [command === 'openssl' ? 'version' : '--version']).status === 0;
}

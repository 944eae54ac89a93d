/** What docs/deploy.md tells people to write: the command takes it, it fits together, and the programs it is for take it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ROWS } from '../../src/cli/option-table.js';
import { parse, type CommandOptions } from '../../src/cli/options.js';
import { GRACE_MS } from '../../src/cli/shutdown.js';
import { freePort } from '../../src/doctor/free-port.js';
import { selfSigned } from '../cluster/redis.js';
import type { Manifests, Services } from './manifests.js';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/deploy.md', ROOT), 'utf8');
const PACKAGE = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
const BIN = Object.keys(PACKAGE.bin)[0] ?? '';

/** The blocks of code under a heading. */
function blocks(heading: string, language: string): readonly string[] {
  const section = PAGE.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return Array.from(section.matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, of, code]) => ({ of, code: code ?? '' }))
    .filter(({ of }) => of === language)
    .map(({ code }) => code);
}

function block(heading: string, language: string): string {
  const [found, ...more] = blocks(heading, language);
  if (found === undefined || more.length > 0) throw new Error(`there is not one block of ${language} in ${heading}`);
  return found;
}

function yaml(heading: string): readonly unknown[] {
  return parseAllDocuments(block(heading, 'yaml')).map((document) => {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    return document.toJS() as unknown;
  });
}

/** Values for variables whose own ones nobody prints. */
const VALUES: Readonly<Record<string, string>> = {
  MCP_BACKCHANNEL_TOKEN: 'a-token',
  MCP_BACKCHANNEL_CLUSTER: 'redis://redis:6379',
  MCP_BACKCHANNEL_CLUSTER_SECRET: 'a secret of all the nodes',
};
const VARIABLE = /MCP_BACKCHANNEL_[A-Z]+(?:_[A-Z]+)*/g;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What the command makes of its arguments. @throws if it refuses them */
function options(args: readonly string[], variables: readonly string[] = []): CommandOptions {
  for (const name of variables) vi.stubEnv(name, VALUES[name]);
  return parse(args);
}

/** The arguments of the command in a line of a shell, and its variables. */
function commandIn(line: string): { readonly args: readonly string[]; readonly variables: readonly string[] } {
  const words = line.trim().split(/\s+/);
  const at = words.findIndex((word) => basename(word) === BIN);
  return { args: words.slice(at + 1), variables: words.slice(0, at).flatMap((word) => word.match(VARIABLE) ?? []) };
}

function seconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)(s|m)$/.exec(text) ?? [];
  return Number(count) * (unit === 'm' ? 60 : 1);
}

it('names no variable and no option that the command does not have', () => {
  const variables = new Set(PAGE.match(VARIABLE));
  const known = ROWS.flatMap(({ env }) => env ?? []);
  expect([...variables].filter((name) => !known.includes(name))).toEqual([]);
  const flags = Array.from(PAGE.replace(/^```.*?^```$/gms, '').matchAll(/`(--[a-z-]+)/g), ([, flag = '']) => flag);
  expect(flags.length).toBeGreaterThan(20);
  expect(flags.filter((flag) => !ROWS.some((row) => row.flags.split(' ')[0] === flag))).toEqual([]);
});

const LINES = Array.from(PAGE.matchAll(/^```sh\n(.*?)^```$/gms), ([, code = '']) => code.replace(/\\\n/g, ' '))
  .flatMap((code) => {
    const exported = Array.from(code.matchAll(/^export (\w+)=/gm), ([, name = '']) => name);
    return code.split('\n').map((line) => [line.trim(), exported] as const);
  })
  .filter(([line]) => line.includes(BIN) && !line.startsWith('npm install'));

it('shows commands', () => {
  expect(LINES.length).toBeGreaterThan(3);
});

it.each(LINES)('the command takes: %s', (line, exported) => {
  const { args, variables } = commandIn(line.replaceAll('…', ''));
  options(args, [...variables, ...exported]);
});

const isOfCluster = (peer: string): boolean => !peer.startsWith('@opentelemetry/');

it.each(PAGE.match(/^(?:RUN )?npm install .*$/gm) ?? [])(
  '%s: brings what a cluster needs, or what a single one does',
  (line) => {
    const packages = line.split('mcp-backchannel ').slice(-1)[0]?.split(' ') ?? [];
    const expected = line.includes('ioredis') ? Object.keys(PACKAGE.peerDependencies).filter(isOfCluster) : [BIN];
    expect(packages).toEqual(expected);
  },
);

describe('the manifest for Kubernetes', () => {
  const manifests = (): Manifests =>
    Object.fromEntries(
      (yaml('Kubernetes') as readonly { readonly kind: string }[]).map((one) => [one.kind, one]),
    ) as unknown as Manifests;

  it('has arguments and variables that the command takes, for a node that others reach', () => {
    const [{ env, args, ports }] = manifests().Deployment.spec.template.spec.containers;
    const own = env.map(({ name }) => name);
    const given = args.map((arg) =>
      arg.replace(/\$\((\w+)\)/g, (_, name: string) => {
        expect(own).toContain(name);
        return '10.1.2.3';
      }),
    );
    const secret = /secretRef: \{ name: mcp \} # (.*)$/m.exec(block('Kubernetes', 'yaml'))?.[1]?.split(', ') ?? [];
    const { host, port, innerPort, innerAddress, cluster } = options(given, secret);
    expect(cluster).toBe(VALUES['MCP_BACKCHANNEL_CLUSTER']);
    expect([host, innerAddress?.host]).toEqual(['0.0.0.0', '10.1.2.3']);
    expect(ports).toEqual([
      { name: 'http', containerPort: port },
      { name: 'inner', containerPort: innerPort },
    ]);
  });

  it('lets calls finish: the pod is not killed before, and is forgotten by then', () => {
    const { terminationGracePeriodSeconds, containers } = manifests().Deployment.spec.template.spec;
    const [{ lifecycle, readinessProbe }] = containers;
    const preStop = Number(lifecycle.preStop.exec.command[1]);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(preStop + GRACE_MS / 1_000);
    expect(readinessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    // A busy node is not taken for one that has ended.
    expect(readinessProbe.timeoutSeconds).toBeGreaterThan(1);
  });

  it('lets clients reach one port, and only nodes the other', () => {
    const { Deployment, Service, NetworkPolicy } = manifests();
    const { metadata, spec } = Deployment.spec.template;
    const { labels } = metadata;
    const [http, inner] = spec.containers[0].ports;
    expect(Deployment.spec.selector.matchLabels).toEqual(labels);
    expect(Service.spec.selector).toEqual(labels);
    expect(Service.spec.ports.map(({ targetPort }) => targetPort)).toEqual([http.name]);
    expect(NetworkPolicy.spec.podSelector.matchLabels).toEqual(labels);
    const [ofClients, ofNodes] = NetworkPolicy.spec.ingress;
    expect(Object.keys(ofClients.from[0])).toEqual(['namespaceSelector']);
    expect(ofClients.ports).toEqual([{ port: http.containerPort }]);
    expect(ofNodes.from).toEqual([{ podSelector: { matchLabels: labels } }]);
    expect(ofNodes.ports).toEqual([{ port: inner.containerPort }]);
  });

  it('has an image that starts the command by its path', () => {
    const dockerfile = block('Kubernetes', 'dockerfile');
    const [, prefix = ''] = /npm install --prefix (\S+) /.exec(dockerfile) ?? [];
    expect(dockerfile).toContain(`ENTRYPOINT ["${prefix}/node_modules/.bin/${BIN}"]`);
  });
});

describe('the file for Docker Compose', () => {
  const services = (): Services => (yaml('Docker Compose')[0] as { readonly services: Services }).services;

  it('has arguments and variables that the command takes', () => {
    const { node } = services();
    const { cluster = '', host, port } = options(node.command, Object.keys(node.environment));
    expect(host).toBe('0.0.0.0');
    expect(cluster).toBe(node.environment['MCP_BACKCHANNEL_CLUSTER']);
    expect(Object.keys(services())).toContain(new URL(cluster).hostname);
    const balancer = block('Docker Compose', '');
    expect(balancer).toMatch(new RegExp(`^  server-template node \\d+ node:${port}$`, 'm'));
    expect(balancer).toMatch(/^ {2}timeout check 5s$/m);
  });

  it('lets calls finish, and names no service that it does not have', () => {
    const all = services();
    expect(seconds(all.node.stop_grace_period)).toBeGreaterThan(GRACE_MS / 1_000);
    expect(all.node.init).toBe(true);
    for (const { depends_on: needed = [] } of Object.values(all))
      for (const name of needed) expect(Object.keys(all)).toContain(name);
  });
});

const UNITS = [
  ['systemd', `${BIN}.service`, []],
  ['systemd, several nodes', `${BIN}@3000.service`, ['MCP_BACKCHANNEL_CLUSTER', 'MCP_BACKCHANNEL_CLUSTER_SECRET']],
] as const;

describe.each(UNITS)('the unit in %s', (heading, _name, variables) => {
  const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(block(heading, 'ini'))?.[1] ?? '';

  it('starts the command with arguments that it takes', () => {
    const { args } = commandIn(setting('ExecStart').replace('%i', '3000'));
    expect(options(args, ['MCP_BACKCHANNEL_TOKEN', ...variables])).toMatchObject({ port: 3000 });
    expect(setting('EnvironmentFile')).not.toBe('');
  });

  it('lets calls finish', () => {
    expect(setting('KillMode')).toBe('mixed');
    // Without it, systemd waits for 90 seconds.
    expect(Number(setting('TimeoutStopSec') || 90)).toBeGreaterThan(GRACE_MS / 1_000);
  });
});

/** A name of tests that need a program. */
function note(has: boolean, program: string): string {
  return has ? '' : ` (not run: ${program} is not installed)`;
}

function runs(program: string, arg: string): boolean {
  return spawnSync(program, [arg]).status === 0;
}

/** A folder that goes with the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mcp-backchannel-deploy-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

const run = promisify(execFile);
const [HAS_SYSTEMD, HAS_HAPROXY, HAS_NGINX] = [
  runs('systemd-analyze', '--version'),
  runs('haproxy', '-v'),
  runs('nginx', '-v') && runs('openssl', 'version'),
];

it.runIf(HAS_SYSTEMD).each(UNITS)(
  `systemd takes the unit in %s${note(HAS_SYSTEMD, 'systemd-analyze')}`,
  async (heading, name) => {
    const file = join(folder(), name);
    // The command is not installed here.
    writeFileSync(file, block(heading, 'ini').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    expect(await run('systemd-analyze', ['verify', '--man=no', file])).toMatchObject({ stdout: '', stderr: '' });
  },
);

it.runIf(HAS_HAPROXY)(`HAProxy takes its file${note(HAS_HAPROXY, 'haproxy')}`, async () => {
  const file = join(folder(), 'haproxy.cfg');
  writeFileSync(file, block('Docker Compose', ''));
  await run('haproxy', ['-c', '-f', file]);
});

it.runIf(HAS_NGINX)(`nginx takes its server${note(HAS_NGINX, 'nginx or openssl')}`, async () => {
  const path = folder();
  const { cert, key } = selfSigned();
  const server = block('TLS, with nginx in front', 'nginx')
    .replace('listen 443 ssl', `listen 127.0.0.1:${await freePort()} ssl`)
    .replace(/\/etc\/ssl\/\S+\.pem/, cert)
    .replace(/\/etc\/ssl\/\S+\.key/, key);
  const file = join(path, 'nginx.conf');
  writeFileSync(file, `pid ${path}/pid;\nevents {}\nhttp {\naccess_log off;\n${server}}\n`);
  const { stderr } = await run('nginx', ['-t', '-q', '-p', path, '-c', file, '-e', 'stderr']);
  expect(stderr).toBe('');
});

import { expect, it } from 'vitest';
import { serverNameOf } from '../../src/cli/server-name.js';

it.each([
  ['npx -y @playwright/mcp', '@playwright/mcp'],
  ['npx @playwright/mcp@latest --headless', '@playwright/mcp'],
  ['npx -y some-server@1.2.3', 'some-server'],
  ['C:\\tools\\npx.cmd -y some-server', 'some-server'],
  ['npm exec --yes -- some-server', 'some-server'],
  ['npm x some-server', 'some-server'],
  ['pnpm dlx some-server', 'some-server'],
  ['yarn dlx some-server', 'some-server'],
  ['bunx some-server', 'some-server'],
  ['bun x some-server', 'some-server'],
  ['bun server.ts', 'server.ts'],
  ['uvx mcp-server-git@0.1', 'mcp-server-git'],
  ['uvx --from git+https://token@example.com/x mcp-server-git', 'mcp-server-git'],
  ['uv tool run mcp-server-git==0.1', 'mcp-server-git'],
  ['uv run server.py', 'server.py'],
  ['python3 -m some_module', 'some_module'],
  ['python -u /srv/server.py', 'server.py'],
  ['node server.js', 'server.js'],
  ['/usr/bin/node --import tsx examples/lib/backend.ts --key secret', 'backend.ts'],
  ['tsx src/server.ts', 'server.ts'],
  ['deno run -A server.ts', 'server.ts'],
  ['/opt/bin/some-server --port 1', 'some-server'],
])('calls %s by its package, module or file', (line, name) => {
  const [command = '', ...args] = line.split(' ');
  expect(serverNameOf(command, args)).toBe(name);
});

it.each([
  ['npx --registry-token secret some-server', 'npx'],
  ['npx https://user:secret@example.com/server.tgz', 'npx'],
  ['npx git+https://secret@example.com/server', 'npx'],
  ['npm run secret', 'npm'],
  ['node -e secret', 'node'],
  ['python -c secret', 'python'],
  ['node', 'node'],
])('shows nothing of %s that may be a credential', (line, name) => {
  const [command = '', ...args] = line.split(' ');
  expect(serverNameOf(command, args)).toBe(name);
});

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** True in the file that Node was started with. Node 20 has no `import.meta.main` yet. */
export function isProgram({ url }: ImportMeta): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === fileURLToPath(url);
}

/**
 * The declarations that are published, read by projects that check them to the last (`skipLibCheck: false`). Those of
 * the SDK, of zod and of Node are read too, but not checked: that would take four times as long.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

function packageOf({ fileName }: ts.SourceFile): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(fileName)?.[1];
}

/** Our own declarations, those of the package they need, and the fixture. */
function isChecked(file: ts.SourceFile): boolean {
  return [undefined, 'rxjs'].includes(packageOf(file));
}

/** What TypeScript says of a fixture, and the packages of which it has read something. */
function check(fixture: string): { errors: string[]; packages: Set<string> } {
  const path = fileURLToPath(new URL(`fixtures/${fixture}/tsconfig.json`, import.meta.url));
  const config = ts.readJsonConfigFile(path, (file) => ts.sys.readFile(file));
  const { fileNames, options, errors } = ts.parseJsonSourceFileConfigFileContent(config, ts.sys, dirname(path));
  const program = ts.createProgram(fileNames, options);
  const files = program.getSourceFiles();
  const diagnostics = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files
      .filter(isChecked)
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
  return {
    errors: diagnostics.map(
      ({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    ),
    packages: new Set(files.map(packageOf).filter((name) => name !== undefined)),
  };
}

// Each reads every declaration of an SDK and of zod, which takes its time on a busy machine.
describe('the published types', { timeout: 120_000 }, () => {
  it.each([
    { fixture: 'sdk1', sees: ['@modelcontextprotocol/sdk'] },
    {
      fixture: 'sdk2',
      sees: [
        '@modelcontextprotocol/client',
        '@modelcontextprotocol/core',
        '@modelcontextprotocol/node',
        '@modelcontextprotocol/server',
      ],
    },
  ])('fit every transport of $fixture, and no other SDK is in view', ({ fixture, sees }) => {
    const { errors, packages } = check(fixture);
    expect(errors).toEqual([]);
    const sdks = [...packages].filter((name) => name.startsWith('@modelcontextprotocol/'));
    expect(sdks.sort()).toEqual(sees);
    // What users do not have installed must not be needed.
    expect(packages).not.toContain('@types/debug');
    expect(packages).toContain('rxjs');
  });
});

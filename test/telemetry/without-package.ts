/** What to `--import`, so that a package is as if it were not installed. */
export function withoutPackage(name: string): string {
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier !== '${name}') return next(specifier, context);
    const text = "Cannot find package '" + specifier + "' imported from " + context.parentURL;
    throw Object.assign(new Error(text), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const hookUrl = `data:text/javascript,${encodeURIComponent(hook)}`;
  const program = `import { register } from 'node:module'; register(${JSON.stringify(hookUrl)});`;
  return `data:text/javascript,${encodeURIComponent(program)}`;
}

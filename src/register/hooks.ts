import { register } from 'node:module';
import { addHook } from 'import-in-the-middle';
import { register as registerSync, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';
import { Hook as RequireHook } from 'require-in-the-middle';
import { debug } from '../debug.js';
import { classesOf, MODULE_PATHS, MODULE_URLS, modulePathOf, type Side } from './modules.js';
import { wrapClass, type TransportClass, type Wrap } from './wrap-class.js';

/** The exports of a module, as the hooks provide them. Importers get the values that are assigned here. */
type Exports = Record<string, unknown>;

/** Wraps the transports of all modules that are imported or required from now on. */
export function hookModules(wraps: Readonly<Record<Side, Wrap>>): void {
  const patch = (path: string, exports: Exports): void => {
    for (const [name, side] of Object.entries(classesOf(path))) {
      const original = exports[name];
      if (typeof original !== 'function') continue;
      exports[name] = wrapClass(original as TransportClass, wraps[side]);
      debug.register('wrapped %s of %s', name, path);
    }
  };

  // Only these modules pass through the hooks, so the hooks can neither slow down nor break any other module.
  const data = { include: [...MODULE_URLS] };
  if (supportsSyncHooks()) registerSync(data);
  else register('import-in-the-middle/hook.mjs', import.meta.url, { data });
  addHook((url, namespace) => {
    const path = modulePathOf(url);
    if (path !== undefined) patch(path, namespace);
  });

  const paths = new Map(MODULE_PATHS.map((path) => [requireNameOf(path), path]));
  new RequireHook([...paths.keys()], (exports, name) => {
    patch(paths.get(name) ?? '', exports as Exports);
    return exports;
  });
}

/** The name by which a module is required: its path without the extension. */
function requireNameOf(path: string): string {
  return path.replace(/\.js$/, '');
}

import { register } from 'node:module';
import { addHook } from 'import-in-the-middle';
import { register as registerSync, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';
import { Hook as RequireHook } from 'require-in-the-middle';
import { debug } from '../debug.js';
import { classesOf, MODULE_PATHS, MODULE_URLS, modulePathOf, type Side } from './modules.js';
import { wrapClass, type TransportClass, type Wrap } from './wrap-class.js';

/** What a module exports, as the hooks give it: what is assigned there is what importers get. */
type Exports = Record<string, unknown>;

/** From now on the transports of modules that are imported or required are wrapped. */
export function hookModules(wraps: Readonly<Record<Side, Wrap>>): void {
  const patch = (path: string, exports: Exports): void => {
    for (const [name, side] of Object.entries(classesOf(path))) {
      const original = exports[name];
      if (typeof original !== 'function') continue;
      exports[name] = wrapClass(original as TransportClass, wraps[side]);
      debug.register('wrapped %s of %s', name, path);
    }
  };

  // No other module passes through the hooks: they have no cost, and no fault, for any of them.
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

/** Where modules are required, they go by their path without the usual extension. */
function requireNameOf(path: string): string {
  return path.replace(/\.js$/, '');
}

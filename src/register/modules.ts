/**
 * The modules of the SDKs that hold transports, and which way each transport faces. SDK 1.x has a
 * module for each transport. SDK 2.x has one for each package, and one more for the stdio transport.
 */

/** Whether a transport faces the client or the backend. */
export type Side = 'downstream' | 'upstream';

/** The transport classes that a module exports, with the side that each one faces. */
export type Classes = Readonly<Record<string, Side>>;

const SDK_1: Readonly<Record<string, Classes>> = {
  'server/streamableHttp.js': { StreamableHTTPServerTransport: 'downstream' },
  'server/webStandardStreamableHttp.js': { WebStandardStreamableHTTPServerTransport: 'downstream' },
  'client/stdio.js': { StdioClientTransport: 'upstream' },
  'client/streamableHttp.js': { StreamableHTTPClientTransport: 'upstream' },
  'client/sse.js': { SSEClientTransport: 'upstream' },
};

const SDK_2: Readonly<Record<string, Classes>> = {
  'node/dist/index': { NodeStreamableHTTPServerTransport: 'downstream' },
  // Programs that bundle the Node transport still import this one.
  'server/dist/index': { WebStandardStreamableHTTPServerTransport: 'downstream' },
  'client/dist/index': { StreamableHTTPClientTransport: 'upstream', SSEClientTransport: 'upstream' },
  'client/dist/stdio': { StdioClientTransport: 'upstream' },
};

/** The modules of the ES module and CommonJS builds, by their path from the packages' common scope on. */
const MODULES: ReadonlyMap<string, Classes> = new Map([
  ...Object.entries(SDK_1).flatMap(([path, classes]) =>
    ['esm', 'cjs'].map((build) => [`@modelcontextprotocol/sdk/dist/${build}/${path}`, classes] as const),
  ),
  ...Object.entries(SDK_2).flatMap(([path, classes]) =>
    ['mjs', 'cjs'].map((extension) => [`@modelcontextprotocol/${path}.${extension}`, classes] as const),
  ),
]);

/** The paths of all modules, from the packages' common scope on. */
export const MODULE_PATHS: readonly string[] = [...MODULES.keys()];

const MODULE_URL = new RegExp(`/(${MODULE_PATHS.join('|').replaceAll('.', '\\.')})$`);

/** Patterns for the URLs of the modules, wherever they are installed. */
export const MODULE_URLS: readonly RegExp[] = [MODULE_URL];

/** The path of the module at a URL, if it is one of these modules. */
export function modulePathOf(url: string): string | undefined {
  return MODULE_URL.exec(url)?.[1];
}

export function classesOf(path: string): Classes {
  return MODULES.get(path) ?? {};
}

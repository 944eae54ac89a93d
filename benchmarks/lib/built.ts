/** Loads the package as it is published. Benchmarks measure the build, not the transpiled source. */
import type * as Package from '../../src/index.js';
import type * as ClusterPackage from '../../src/cluster/index.js';
import type * as HttpPackage from '../../src/http/index.js';
import type * as ProxyPackage from '../../src/proxy/index.js';

// Through a variable, so that types are checked on a machine where nothing is built yet.
const built = new URL('../../dist/index.js', import.meta.url).href;
const builtClusterUrl = new URL('../../dist/cluster/index.js', import.meta.url).href;
const builtHttp = new URL('../../dist/http/index.js', import.meta.url).href;
const builtProxy = new URL('../../dist/proxy/index.js', import.meta.url).href;

export const { asUpstream, withBackchannel } = (await import(built)) as typeof Package;

/** Loaded only where it is measured. */
export async function builtHttpTransport(): Promise<typeof HttpPackage.StreamableHTTPServerTransport> {
  return ((await import(builtHttp)) as typeof HttpPackage).StreamableHTTPServerTransport;
}

/** Loaded only where it is measured. */
export async function builtStatefulProxy(): Promise<typeof ProxyPackage.createStatefulProxy> {
  return ((await import(builtProxy)) as typeof ProxyPackage).createStatefulProxy;
}

/** Loaded only where it is measured. */
export async function builtCluster(): Promise<typeof ClusterPackage> {
  return (await import(builtClusterUrl)) as typeof ClusterPackage;
}

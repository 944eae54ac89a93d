/**
 * The preload, for proxies that you cannot change:
 *
 *     node --import mcp-backchannel/register their-proxy.js
 *
 * It wraps every HTTP server transport of the SDK that the program creates with `withBackchannel()`, and every client
 * transport with `asUpstream()`. Options come from environment variables, `MCP_BACKCHANNEL_…`. An invalid one ends the
 * process with one line that names it, and exit code 2.
 */
import { asUpstream, withBackchannel } from './backchannel.js';
import { asError } from './errors.js';
import type { BackchannelOptions } from './options.js';
import { optionsFrom } from './register/environment.js';
import { hookModules } from './register/hooks.js';
import { shieldProxy } from './register/shield-proxy.js';

const options = optionsOrExit();
hookModules({
  downstream: (transport) => shieldProxy(withBackchannel(transport, options)),
  upstream: asUpstream,
});

function optionsOrExit(): BackchannelOptions {
  try {
    return optionsFrom(process.env);
  } catch (error) {
    // A thrown error would show a stack trace from inside a program that the reader did not write.
    process.stderr.write(`mcp-backchannel/register: ${asError(error).message}\n`);
    process.exit(2);
  }
}

/**
 * The preload, for proxies that offer no place to plug a transport in:
 *
 *     node --import mcp-backchannel/register their-proxy.js
 *
 * Every HTTP server transport of the SDK that the program makes is wrapped by `withBackchannel()`, and
 * every client transport by `asUpstream()`. Options come from the environment, `MCP_BACKCHANNEL_…`;
 * one that is invalid ends the process with a line that says so, and exit code 2.
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
    // Not thrown: people would get a stack trace of a program that they have not written.
    process.stderr.write(`mcp-backchannel/register: ${asError(error).message}\n`);
    process.exit(2);
  }
}

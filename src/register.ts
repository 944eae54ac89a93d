/**
 * The preload, for proxies that you cannot change:
 *
 *     node --import mcp-backchannel/register their-proxy.js
 *
 * It wraps every HTTP server transport of the SDK that the program creates with `withBackchannel()`, and every client
 * transport with `asUpstream()`. Options come from environment variables, `MCP_BACKCHANNEL_…`. An invalid one ends the
 * process with one line that names it, and exit code 2. With `MCP_BACKCHANNEL_TELEMETRY=1`, it also makes spans and metrics
 * of what passes through these transports, with the SDK of OpenTelemetry that the program registers.
 */
import { asUpstream, withBackchannel } from './backchannel.js';
import { asError } from './errors.js';
import type { BackchannelOptions } from './options.js';
import { optionsFrom } from './register/environment.js';
import { hookModules } from './register/hooks.js';
import { shieldProxy } from './register/shield-proxy.js';
import { instrumentBy, type Instrument } from './register/telemetry.js';

const { options, instrument } = await givenOrExit();
hookModules({
  // Inside, it sees on whose stream a message leaves; around the wrapper, it hears why.
  downstream: (transport) =>
    shieldProxy(instrument(withBackchannel(instrument(transport, { side: 'server' }), options))),
  upstream: (transport) => asUpstream(instrument(transport, { side: 'client' })),
});

async function givenOrExit(): Promise<{ readonly options: BackchannelOptions; readonly instrument: Instrument }> {
  try {
    return { options: optionsFrom(process.env), instrument: await instrumentBy(process.env) };
  } catch (error) {
    // A thrown error would show a stack trace from inside a program that the reader did not write.
    process.stderr.write(`mcp-backchannel/register: ${asError(error).message}\n`);
    process.exit(2);
  }
}

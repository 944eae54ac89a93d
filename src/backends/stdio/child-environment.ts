/** The command must not get our own settings, such as the token. On Windows, the case of names does not matter. */
const OWN_VARIABLES = /^MCP_BACKCHANNEL_/i;

/** The environment of a command: the inherited variables, overridden by the given ones. */
export function environment(
  inherited: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  // If two names differ only in case, Windows uses either of them.
  const keyOf = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const isGiven = new Set(Object.keys(given).map(keyOf));
  const variables = Object.entries(inherited).filter(
    (variable): variable is [string, string] =>
      variable[1] !== undefined && !OWN_VARIABLES.test(variable[0]) && !isGiven.has(keyOf(variable[0])),
  );
  return { ...Object.fromEntries(variables), ...given };
}

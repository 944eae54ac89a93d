/** Our own settings, the token among them, are not for the command we run. Windows asks for names in any case. */
const OWN_VARIABLES = /^MCP_BACKCHANNEL_/i;

/** What a command finds in its environment: what we have inherited, and in its place what is given. */
export function environment(
  inherited: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  // Of two names that differ in case alone, Windows takes any.
  const keyOf = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const isGiven = new Set(Object.keys(given).map(keyOf));
  const variables = Object.entries(inherited).filter(
    (variable): variable is [string, string] =>
      variable[1] !== undefined && !OWN_VARIABLES.test(variable[0]) && !isGiven.has(keyOf(variable[0])),
  );
  return { ...Object.fromEntries(variables), ...given };
}

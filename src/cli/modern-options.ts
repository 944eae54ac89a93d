/** Options for clients of the revision without sessions. */
export const MODERN_ROWS = [
  {
    flags: '--no-modern',
    group: 'sessions',
    help: 'does not serve clients of revision 2026-07-28, which then fall back to an earlier one if they can',
    needs: 'http',
  },
  {
    flags: '--modern-sessions <use>',
    group: 'sessions',
    help:
      "sessions with the server for such clients: 'lease' gives each call one for itself, 'shared' gives one to all calls " +
      "with the same credential, 'call' opens one for each call; otherwise 'shared' for --url, 'lease' for a command or SSE",
    choices: ['shared', 'lease', 'call'],
    needs: 'http',
  },
] as const;

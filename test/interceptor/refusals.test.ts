/** The texts of errors name what their reader can set, wherever the wrapper runs: in a program, the command, the preload. */
import { expect, test } from 'vitest';
import { ROWS } from '../../src/cli/option-table.js';
import type { BackchannelOptions } from '../../src/index.js';
import { optionsFrom } from '../../src/register/environment.js';
import { elicit } from '../support/messages.js';
import { timersStandStill } from '../support/timers.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

timersStandStill(closeRigs);

interface Limit {
  readonly code: string;
  readonly option: keyof BackchannelOptions;
  readonly flag: string;
  readonly variable: string;
}

const LIMITS: readonly Limit[] = [
  {
    code: 'PARK_TIMEOUT',
    option: 'parkTimeoutMs',
    flag: '--park-timeout',
    variable: 'MCP_BACKCHANNEL_PARK_TIMEOUT',
  },
  { code: 'PARK_FULL', option: 'maxParked', flag: '--max-parked', variable: 'MCP_BACKCHANNEL_MAX_PARKED' },
];

test.each(LIMITS)('$code names the option, the flag and the variable to raise', async ({ code, ...names }) => {
  const { option, flag, variable } = names;
  const rig = watchedRig({ [option]: 0 });
  await expect(rig.transport.send(elicit('q'))).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`Raise ${option} (${flag}, ${variable})`) as string,
  });
  // They are what they are called, and not only named.
  expect(ROWS.map(({ flags }) => flags.split(' ')[0])).toContain(flag);
  expect(optionsFrom({ [variable]: '7' })).toEqual({ [option]: 7 });
});

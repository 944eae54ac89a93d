import { expect, it } from 'vitest';
import { environment } from '../../../src/backends/stdio/child-environment.js';

it('puts what is given in the place of what is inherited: on Windows in whatever case that is written', () => {
  const inherited = { Path: 'inherited', HOME: 'home', Mcp_Backchannel_Token: 'ours', GONE: undefined };
  expect(environment(inherited, { path: 'given' }, 'win32')).toEqual({ path: 'given', HOME: 'home' });
  expect(environment(inherited, { path: 'given' }, 'linux')).toEqual({
    path: 'given',
    Path: 'inherited',
    HOME: 'home',
  });
});

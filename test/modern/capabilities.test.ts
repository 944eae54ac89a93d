import { expect, it } from 'vitest';
import { isInputMethod, missingFor, requiredCapabilities } from '../../src/modern/capabilities.js';

const FORM = { method: 'elicitation/create', params: { mode: 'form', message: 'a' } };
const NO_MODE = { method: 'elicitation/create', params: { message: 'a' } };
const URL_MODE = { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com' } };
const SAMPLING = { method: 'sampling/createMessage', params: { messages: [] } };
const TOOLS = { method: 'sampling/createMessage', params: { messages: [], tools: [] } };
const TOOL_CHOICE = { method: 'sampling/createMessage', params: { messages: [], toolChoice: { mode: 'none' } } };
const CONTEXT = { method: 'sampling/createMessage', params: { messages: [], includeContext: 'allServers' } };
const ROOTS = { method: 'roots/list' };

it.each([
  ['a form', FORM, { elicitation: { form: {} } }],
  ['a form, as declared in earlier revisions', FORM, { elicitation: {} }],
  ['an elicitation without mode', NO_MODE, { elicitation: { form: {}, url: {} } }],
  ['an elicitation without mode, as declared in earlier revisions', NO_MODE, { elicitation: {} }],
  ['a page', URL_MODE, { elicitation: { url: {} } }],
  ['sampling', SAMPLING, { sampling: {} }],
  ['sampling with tools', TOOLS, { sampling: { tools: {} } }],
  ['sampling with a choice of tools', TOOL_CHOICE, { sampling: { tools: {} } }],
  ['sampling with context', CONTEXT, { sampling: {} }],
  ['roots', ROOTS, { roots: {} }],
])('a client may be asked: %s', (_name, request, declared) => {
  expect(missingFor(request, declared)).toBeUndefined();
});

it.each([
  ['a form, if it declares nothing', FORM, {}, { elicitation: { form: {} } }],
  ['a form, if it only visits pages', FORM, { elicitation: { url: {} } }, { elicitation: { form: {} } }],
  [
    'an elicitation without mode, if it only visits pages',
    NO_MODE,
    { elicitation: { url: {} } },
    { elicitation: { form: {} } },
  ],
  ['a page, if it only shows forms', URL_MODE, { elicitation: { form: {} } }, { elicitation: { url: {} } }],
  [
    'a page, if it declares elicitation as in earlier revisions',
    URL_MODE,
    { elicitation: {} },
    { elicitation: { url: {} } },
  ],
  ['sampling', SAMPLING, { elicitation: {} }, { sampling: {} }],
  ['sampling with tools, if it samples without', TOOLS, { sampling: {} }, { sampling: { tools: {} } }],
  ['a choice of tools, if it samples without', TOOL_CHOICE, { sampling: {} }, { sampling: { tools: {} } }],
  ['sampling with tools, if it does not sample', TOOLS, {}, { sampling: { tools: {} } }],
  ['roots', ROOTS, { sampling: {} }, { roots: {} }],
  ['what it names, but not as an object', ROOTS, { roots: true }, { roots: {} }],
])('a client may not be asked %s', (_name, request, declared, missing) => {
  expect(missingFor(request, declared)).toEqual(missing);
});

it('names all that a client lacks', () => {
  expect(
    requiredCapabilities([
      { elicitation: { form: {} } },
      { sampling: {} },
      { elicitation: { url: {} } },
      { sampling: { tools: {} } },
      { sampling: {} },
    ]),
  ).toEqual({ elicitation: { form: {}, url: {} }, sampling: { tools: {} } });
  expect(requiredCapabilities([])).toEqual({});
});

it('knows which server requests can be put to a modern client', () => {
  expect(['elicitation/create', 'sampling/createMessage', 'roots/list'].every(isInputMethod)).toBe(true);
  expect(['ping', 'tasks/get', 'toString', undefined, 5].some(isInputMethod)).toBe(false);
});

import { describe, expect, it } from 'vitest';
import { discoverResult, modernError, modernResult, statusOfError } from '../../src/modern/to-modern.js';
import { SERVER } from './requests.js';

const INFO = { name: 'backend', version: '1' };
const NAMED = { _meta: { [SERVER]: INFO } };
const NOT_KEPT = { ttlMs: 0, cacheScope: 'private' };

describe('the result of', () => {
  it.each([
    ['tools/call', { content: [], isError: true }, {}],
    ['prompts/get', { messages: [] }, {}],
    ['completion/complete', { completion: { values: [] } }, {}],
    ['com.example/x', { a: 1 }, {}],
    ['resources/read', { contents: [] }, NOT_KEPT],
    ['resources/list', { resources: [], nextCursor: 'n' }, NOT_KEPT],
    ['resources/templates/list', { resourceTemplates: [] }, NOT_KEPT],
    ['prompts/list', { prompts: [] }, NOT_KEPT],
    ['tools/list', { tools: [{ name: 'a', inputSchema: {} }] }, NOT_KEPT],
  ])('%s is complete and names the server', (method, result, rest) => {
    expect(modernResult(method, result, INFO)).toEqual({ ...result, resultType: 'complete', ...rest, ...NAMED });
  });

  it('a backend has its own _meta, in which it may name itself', () => {
    const own = { content: [], _meta: { a: 1, [SERVER]: { name: 'own', version: '2' } } };
    expect(modernResult('tools/call', own, INFO)).toEqual({ ...own, resultType: 'complete' });
    expect(modernResult('tools/call', { content: [], _meta: { a: 1 } }, INFO)).toMatchObject({
      _meta: { a: 1, [SERVER]: INFO },
    });
  });

  it('a backend without a name has no _meta', () => {
    expect(modernResult('prompts/get', { messages: [] }, undefined)).toEqual({ messages: [], resultType: 'complete' });
  });

  it('a call belongs to no task', () => {
    const meta = { 'io.modelcontextprotocol/related-task': { taskId: 't' } };
    expect(modernResult('tools/call', { content: [], _meta: meta }, INFO)).toMatchObject(NAMED);
    expect(modernResult('prompts/get', { _meta: meta }, undefined)).toEqual({ resultType: 'complete' });
  });

  it('a call that says nothing is empty', () => {
    expect(modernResult('tools/call', { structuredContent: { a: 1 } }, INFO)).toMatchObject({ content: [] });
  });

  it('a backend does not decide what the client may keep, or that it is asked', () => {
    const claimed = { tools: [], ttlMs: 60_000, cacheScope: 'public', resultType: 'input_required' };
    expect(modernResult('tools/list', claimed, INFO)).toMatchObject({ ...NOT_KEPT, resultType: 'complete' });
  });

  it('tools/list has no tools that only run as tasks, and does not say how others run', () => {
    const tools = [
      { name: 'a', execution: { taskSupport: 'required' } },
      { name: 'b', execution: { taskSupport: 'optional' } },
      { name: 'c', execution: { taskSupport: 'forbidden' } },
      { name: 'd' },
      'e',
    ];
    expect(modernResult('tools/list', { tools, nextCursor: 'n' }, INFO)).toMatchObject({
      tools: [{ name: 'b' }, { name: 'c' }, { name: 'd' }, 'e'],
      nextCursor: 'n',
    });
    expect(JSON.stringify(modernResult('tools/list', { tools }, INFO))).not.toContain('execution');
  });

  it.each([[undefined], [null], ['tools'], [{}]])('tools/list with %j instead of tools is passed on', (tools) => {
    expect(modernResult('tools/list', { tools }, INFO)).toMatchObject({ tools });
  });
});

describe('server/discover', () => {
  it('tells what the backend has said in its session, but for tasks', () => {
    const capabilities = { tools: { listChanged: true }, logging: {}, resources: { subscribe: true } };
    const initialized = {
      protocolVersion: '2025-11-25',
      capabilities: { ...capabilities, tasks: { list: {} } },
      serverInfo: INFO,
      instructions: 'Be kind.',
    };
    expect(discoverResult(initialized)).toEqual({
      resultType: 'complete',
      ...NOT_KEPT,
      supportedVersions: ['2026-07-28'],
      capabilities,
      instructions: 'Be kind.',
      ...NAMED,
    });
  });

  it('does without what the backend has not said', () => {
    expect(discoverResult({})).toEqual({
      resultType: 'complete',
      ...NOT_KEPT,
      supportedVersions: ['2026-07-28'],
      capabilities: {},
    });
  });
});

it.each([
  ['a missing resource', -32_002, -32_602, 200],
  ['a URL elicitation that nobody can be asked for', -32_042, -32_603, 200],
  ['an unknown method', -32_601, -32_601, 404],
  ['invalid params', -32_602, -32_602, 200],
  ['an internal error', -32_603, -32_603, 200],
  ['an error of the backend', -32_000, -32_000, 200],
  ['an error that looks like a refusal of ours', -32_020, -32_020, 200],
])('%s is told', (_name, code, modern, status) => {
  const error = modernError({ code, message: 'no', data: { a: 1 } });
  expect(error).toEqual({ code: modern, message: 'no', data: { a: 1 } });
  expect(statusOfError(error)).toBe(status);
});

/** The prompts that the scenarios get, under the names that the scenarios use. */
import type { GetPromptResult, Prompt } from '@modelcontextprotocol/sdk/types.js';
import { PNG } from './samples.js';

type Content = GetPromptResult['messages'][number]['content'];

interface PromptDefinition {
  readonly description: string;
  readonly arguments?: Prompt['arguments'];
  readonly get: (args: Readonly<Record<string, string>>) => readonly Content[];
}

export const PROMPTS: Readonly<Record<string, PromptDefinition>> = {
  test_simple_prompt: { description: 'Takes no arguments', get: () => [text('A prompt, and nothing to fill in.')] },
  test_prompt_with_arguments: {
    description: 'Takes two arguments',
    arguments: [
      { name: 'arg1', description: 'The first', required: true },
      { name: 'arg2', description: 'The second', required: true },
    ],
    get: ({ arg1 = '', arg2 = '' }) => [text(`A prompt with ${arg1} and ${arg2}.`)],
  },
  test_prompt_with_embedded_resource: {
    description: 'Holds a resource',
    arguments: [{ name: 'resourceUri', description: 'The URI of the resource', required: true }],
    get: ({ resourceUri = '' }) => [
      { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'The text of a resource.' } },
      text('What does the resource say?'),
    ],
  },
  test_prompt_with_image: {
    description: 'Holds an image',
    get: () => [{ type: 'image', data: PNG, mimeType: 'image/png' }, text('What does the image show?')],
  },
};

function text(value: string): Content {
  return { type: 'text', text: value };
}

/** The resources that the scenarios read, under the URIs that the scenarios use. */
import type { ReadResourceResult, Resource } from '@modelcontextprotocol/sdk/types.js';
import { PNG } from './samples.js';

export const RESOURCES: readonly Resource[] = [
  { uri: 'test://static-text', name: 'text', description: 'Never changes', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'binary', description: 'Never changes', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched', description: 'Can be subscribed to', mimeType: 'text/plain' },
];

export const TEMPLATE = {
  uriTemplate: 'test://template/{id}/data',
  name: 'template',
  description: 'One resource for each id',
  mimeType: 'application/json',
};

/** @returns undefined where there is none */
export function read(uri: string): ReadResourceResult | undefined {
  switch (uri) {
    case 'test://static-text':
      return { contents: [{ uri, mimeType: 'text/plain', text: 'Text that never changes.' }] };
    case 'test://static-binary':
      return { contents: [{ uri, mimeType: 'image/png', blob: PNG }] };
    case 'test://watched-resource':
      return { contents: [{ uri, mimeType: 'text/plain', text: 'Text to be watched.' }] };
  }
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
  if (id === undefined) return undefined;
  const text = JSON.stringify({ id, templateTest: true, data: `The data of ${id}` });
  return { contents: [{ uri, mimeType: 'application/json', text }] };
}

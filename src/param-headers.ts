/**
 * Arguments of tools that travel as HTTP headers, too. A tool asks for it with `x-mcp-header` in its input schema.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { headerValueOf, isHeaderName } from './header-value.js';
import { isRecord } from './routing/message.js';

const KEY = 'x-mcp-header';
const PREFIX = 'Mcp-Param-';

/** Numbers are not among them: their texts differ between languages. */
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** Where schemas hold other schemas, which are not always those of an argument with one known place. */
const BRANCHES = [
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
] as const;
const NAMED_BRANCHES = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties'] as const;

/** An argument that travels as a header. */
export interface ParamHeader {
  /** The path of the argument. */
  readonly path: readonly string[];
  /** Without the prefix. */
  readonly name: string;
}

interface Node {
  readonly schema: unknown;
  /** `undefined`: no argument has this place for certain. */
  readonly path: readonly string[] | undefined;
}

/** The headers that this schema asks for. `undefined`: it asks for one that is not allowed, and clients must drop the tool. */
export function paramHeadersIn(inputSchema: unknown): readonly ParamHeader[] | undefined {
  const found: ParamHeader[] = [];
  const names = new Set<string>();
  // No recursion: a schema may be nested deeper than the stack allows.
  const left: Node[] = [{ schema: inputSchema, path: [] }];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const { schema, path } = node;
    if (!isRecord(schema)) continue;
    if (Object.hasOwn(schema, KEY)) {
      const name = schema[KEY];
      const isAllowed = typeof name === 'string' && isHeaderName(name) && TYPES.has(schema['type']);
      if (!isAllowed || path === undefined || path.length === 0 || names.has(name.toLowerCase())) return undefined;
      names.add(name.toLowerCase());
      found.push({ path, name });
    }
    left.push(...nodesIn(schema, path));
  }
  return found;
}

function nodesIn(schema: Readonly<Record<string, unknown>>, path: Node['path']): readonly Node[] {
  const { properties } = schema;
  const members = isRecord(properties) ? Object.entries(properties) : [];
  const branches = BRANCHES.flatMap((name) => schema[name]);
  const named = NAMED_BRANCHES.flatMap((name) => Object.values(Object(schema[name]) as object) as unknown[]);
  return [
    ...members.map(([name, member]) => ({ schema: member, path: path && [...path, name] })),
    ...[...branches, ...named].map((branch) => ({ schema: branch, path: undefined })),
  ];
}

/** The headers for these arguments. Arguments that are absent, `null` or no plain value have none. */
export function paramHeadersFor(declared: readonly ParamHeader[], args: unknown): Record<string, string> {
  return Object.fromEntries(
    declared.flatMap(({ path, name }) => {
      const text = paramText(argumentAt(args, path));
      return text === undefined ? [] : [[headerNameOf(name), headerValueOf(text)]];
    }),
  );
}

/** The name of the header. @param name as the schema says it, without the prefix */
export function headerNameOf(name: string): string {
  return PREFIX + name;
}

/** The value of the argument. `undefined`: it is absent. */
export function argumentAt(args: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    args,
  );
}

/** How a value is written in a header, before it is encoded. `undefined`: values like this one have no header. */
export function paramText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  // JavaScript may have changed it.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

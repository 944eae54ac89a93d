/** What a client does in the scenarios for clients, whichever SDK it is of. */

/** What the clients of both SDKs have. */
export interface AnyClient {
  listTools(): Promise<{ readonly tools: readonly ListedTool[] }>;
  callTool(call: ToolCall): Promise<unknown>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  readResource(params: { readonly uri: string }): Promise<unknown>;
  listPrompts(): Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  getPrompt(params: { readonly name: string }): Promise<unknown>;
}

interface ListedTool {
  readonly name: string;
  readonly inputSchema: unknown;
}

interface ToolCall {
  readonly name: string;
  readonly arguments?: Record<string, unknown>;
}

/** Tools to call, by scenario. */
const CALLS: Readonly<Record<string, readonly ToolCall[]>> = {
  tools_call: [{ name: 'add_numbers', arguments: { a: 2, b: 3 } }],
  'elicitation-sep1034-client-defaults': [{ name: 'test_client_elicitation_defaults' }],
  'sse-retry': [{ name: 'test_reconnection' }],
  'sep-2322-client-request-state': [
    { name: 'test_mrtr_echo_state' },
    { name: 'test_mrtr_unrelated' },
    { name: 'test_mrtr_no_state' },
    { name: 'test_mrtr_no_result_type' },
  ],
};

/** @param context what the suite says of the scenario: the calls to make, in some */
export async function play(client: AnyClient, scenario: string, context: string | undefined): Promise<void> {
  const { tools } = await client.listTools();
  for (const call of callsOf(scenario, tools, context)) await client.callTool(call);
  if (scenario === 'http-standard-headers') await readAll(client);
}

function callsOf(scenario: string, tools: readonly ListedTool[], context = '{}'): readonly ToolCall[] {
  const { toolCalls } = JSON.parse(context) as { readonly toolCalls?: readonly ToolCall[] };
  if (toolCalls !== undefined) return toolCalls;
  switch (scenario) {
    case 'json-schema-2020-12-preservation': {
      // The suite sees by this what has become of a schema on its way to the client.
      const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema;
      return [{ name: 'json_schema_echo', arguments: { schema } }];
    }
    case 'http-standard-headers':
      return tools.map(({ name }) => ({ name }));
    case 'http-invalid-tool-headers':
      return tools.map(({ name }) => ({ name, arguments: { region: 'here', value: 'any' } }));
    default:
      return CALLS[scenario] ?? [];
  }
}

async function readAll(client: AnyClient): Promise<void> {
  const { resources } = await client.listResources();
  for (const { uri } of resources) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) await client.getPrompt({ name });
}

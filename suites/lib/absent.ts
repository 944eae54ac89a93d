/** Stands for a module that this version of the SDK does not have yet. */
export const WebStandardStreamableHTTPServerTransport = undefined;

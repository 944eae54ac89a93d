/** The backend of the SDK as a program that takes no options: some proxies would take them for theirs. */
import process from 'node:process';
import { register } from 'tsx/esm/api';

register();
await import(`../../examples/lib/backend-${process.argv[2]}.ts`);

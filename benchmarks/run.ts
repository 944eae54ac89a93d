/** All benchmarks of the package itself, one after the other: each reads the arguments. */
await import('./routing.bench.js');
await import('./http.bench.js');
await import('./scale.bench.js');

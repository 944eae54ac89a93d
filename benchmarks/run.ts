/** Runs all benchmarks of the package itself, one after the other. Each reads the command line arguments. */
await import('./routing.bench.js');
await import('./http.bench.js');
await import('./scale.bench.js');

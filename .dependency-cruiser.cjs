/**
 * Which folder may import which. Imports point one way:
 *
 *     cli → {proxy, backends, …} → {http, index} → interceptor → streams → routing
 *
 * `live` is a page for browsers, which the command serves. Files at the top of `src` (errors, options, clock, …) serve every layer. Type imports count: whoever needs a type
 * depends on its file.
 */

/** The parts that stand side by side on top of the core. */
const PARTS = '(backends|cluster|http|modern|provenance|proxy|telemetry)';
/** What is run. Nothing imports them but the command, which runs the doctor. */
const PROGRAMS = ['cli', 'doctor', 'register'];
const A_PROGRAM = `(${PROGRAMS.join('|')})(/|\\.ts$)`;
/** What a layer of the core must not import: everything above it. */
const above = (...layers) => `^src/(${[...layers, 'backchannel', 'index', PARTS, ...PROGRAMS].join('|')})(/|\\.ts$)`;

const SDK = '(^|/)@modelcontextprotocol/';

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'routing-is-pure',
      comment: 'No rxjs, no debug, no node:, no SDK, no clock: routing imports nothing but itself.',
      severity: 'error',
      from: { path: '^src/routing/' },
      to: { pathNot: '^src/routing/' },
    },
    { name: 'streams-below', severity: 'error', from: { path: '^src/streams/' }, to: { path: above('interceptor') } },
    { name: 'interceptor-below', severity: 'error', from: { path: '^src/interceptor/' }, to: { path: above() } },
    {
      name: 'top-serves-all',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/(backchannel|cli|index|register)\\.ts$' },
      to: { path: above('interceptor', 'streams') },
    },
    {
      name: 'core-below',
      severity: 'error',
      from: { path: '^src/(backchannel|index)\\.ts$' },
      to: { path: `^src/(${PARTS}|${PROGRAMS.join('|')})(/|\\.ts$)` },
    },
    {
      name: 'core-without-sdk',
      comment: 'The core knows the SDK by its structure only.',
      severity: 'error',
      from: { path: '^src/(interceptor/|register/|streams/|[^/]+\\.ts$)', pathNot: '^src/cli\\.ts$' },
      to: { path: SDK },
    },
    {
      name: 'parts-apart',
      comment: 'What two parts share stands at the top of src.',
      severity: 'error',
      from: { path: `^src/${PARTS}/`, pathNot: '^src/proxy/' },
      to: { path: `^src/${PARTS}/`, pathNot: '^src/$1/' },
    },
    {
      name: 'provenance-is-small',
      comment:
        'It is loaded while somebody else’s server starts: no rxjs, no debug, no SDK, and nothing that needs them.',
      severity: 'error',
      from: { path: '^src/provenance/' },
      to: {
        pathNot:
          '^(src/(provenance|routing)/|src/interceptor/origin\\.ts$|(node:)?(fs|module|path|url|worker_threads|async_hooks)$)',
      },
    },
    {
      name: 'proxy-on-http',
      comment: 'The proxy serves its clients by our own transport, and reaches only modern servers by one.',
      severity: 'error',
      from: { path: '^src/proxy/' },
      to: {
        path: `^src/${PARTS}/`,
        pathNot:
          '^src/(proxy|http|modern)/|^src/backends/modern/index\\.ts$|^src/cluster/(adoptable|cluster|event-ids)\\.ts$',
      },
    },
    {
      name: 'proxy-without-engine',
      comment: 'The proxy knows the interface of a cluster only, so that without one nothing of it is loaded.',
      severity: 'error',
      from: { path: '^src/proxy/' },
      to: { path: '^src/cluster/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nobody-imports-a-program',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${A_PROGRAM}` },
      to: { path: `^src/${A_PROGRAM}` },
    },
    {
      name: 'programs-apart',
      comment: 'The command runs the doctor, which it loads for that word only.',
      severity: 'error',
      from: { path: `^src/${A_PROGRAM}`, pathNot: '^src/cli\\.ts$' },
      to: { path: `^src/${A_PROGRAM}`, pathNot: '^src/$1(/|\\.ts$)' },
    },
    {
      name: 'command-runs-the-doctor',
      severity: 'error',
      from: { path: '^src/cli\\.ts$' },
      to: { path: `^src/${A_PROGRAM}`, pathNot: '^src/cli/|^src/doctor/main\\.ts$' },
    },
    {
      name: 'doctor-alone',
      comment: 'What examines a proxy shares as little with ours as it can: texts, codes, and the stamp.',
      severity: 'error',
      from: { path: '^src/doctor/' },
      to: { path: `^src/(${PARTS}|interceptor|streams|backchannel|index)(/|\\.ts$)|${SDK}` },
    },
    {
      name: 'live-is-a-page',
      comment: 'It runs in a browser. Of the proxy it knows what a record looks like.',
      severity: 'error',
      from: { path: '^src/live/' },
      to: {
        path: '^src/|^node:|^[a-z_/]+$',
        pathNot: '^src/live/|^src/(telemetry/record|proxy-events|routing/(route|message))\\.ts$',
      },
    },
    {
      name: 'live-types-only',
      severity: 'error',
      from: { path: '^src/live/' },
      to: { path: '^src/(?!live/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'live-for-the-command',
      comment: 'What serves the page shares with it what a browser needs as well: no more than its pure parts.',
      severity: 'error',
      from: { path: '^src/(?!live/)' },
      to: { path: '^src/live/', pathNot: '^src/live/(compacted|entities|record-in|wire)\\.ts$' },
    },
    {
      name: 'live-below-the-command',
      severity: 'error',
      from: { path: '^src/(?!(live|cli)/)' },
      to: { path: '^src/live/' },
    },
    {
      name: 'register-on-the-core',
      severity: 'error',
      comment: 'Telemetry is loaded only if it is asked for.',
      from: { path: '^src/register(/|\\.ts$)' },
      to: { path: `^src/${PARTS}/`, pathNot: '^src/telemetry/index\\.ts$' },
    },
    {
      name: 'source-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(benchmarks|examples|suites|test)/' },
    },
    {
      name: 'suites-without-benchmarks',
      severity: 'error',
      from: { path: '^suites/' },
      to: { path: '^benchmarks/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/(?!@modelcontextprotocol))/' },
  },
};

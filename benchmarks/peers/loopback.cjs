/**
 * Preloaded into every proxy that is measured, ours included. Some of them cannot be told where to
 * listen, and listen everywhere: with this they listen on loopback, and what they asked for is noted.
 * On SIGUSR2 it collects garbage, and notes what is left and which scripts it has loaded.
 */
'use strict';
const { appendFileSync } = require('node:fs');
const { Server } = require('node:net');
const process = require('node:process');

const LOOPBACK = '127.0.0.1';
const notes = process.env.BENCH_NOTES;

/** @param {unknown} line */
function note(line) {
  if (notes !== undefined) appendFileSync(notes, `${JSON.stringify(line)}\n`);
}

const { listen } = Server.prototype;

/** @this {Server} @param {any[]} args */
Server.prototype.listen = function (...args) {
  const callback = args.find((arg) => typeof arg === 'function');
  const [first, second] = args;
  const isOptions = typeof first === 'object' && first !== null;
  if (isOptions && first.port === undefined) return listen.apply(this, args);
  const host = isOptions ? first.host : typeof second === 'string' ? second : undefined;
  note({ listen: host ?? null });
  const options = { ...(isOptions ? first : { port: Number(first) }), host: LOOPBACK };
  return callback === undefined ? listen.call(this, options) : listen.call(this, options, callback);
};

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed } = process.memoryUsage();
  note({ heapUsed, scripts: scripts() });
});

/** The debugger knows those of modules, too. Nothing is measured any more. */
function scripts() {
  const { Session } = require('node:inspector');
  const session = new Session();
  /** @type {string[]} */
  const urls = [];
  session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
  session.connect();
  session.post('Debugger.enable');
  session.disconnect();
  return urls.filter((url) => url.startsWith('file:'));
}

/** `npm run faults` takes its time; `npm test` tries a part of it. */
export const IS_LONG = process.env['FAULTS'] === 'long';

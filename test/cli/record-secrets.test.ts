/** What is written and kept of an event: no secret, and no more of a text than is bounded, in one place. */
import { expect, it } from 'vitest';
import { withoutSecrets } from '../../src/cli/record-secrets.js';
import { Secrets } from '../../src/cli/secrets.js';
import type { EventRecord } from '../../src/telemetry/record.js';
import { Story } from '../live/records.js';

function last({ records }: Story): EventRecord {
  const record = records.at(-1);
  if (record === undefined) throw new Error('nothing was told');
  return record;
}

it('cuts long texts to 1,000 characters, and lists to 16', () => {
  const error = `${'e'.repeat(999)}😀${'e'.repeat(1_000_000)}`;
  const record = withoutSecrets(last(new Story('1').call(0, 1).end(1, 1, { error })), new Secrets());
  expect(record).toMatchObject({ id: 1, error: `${'e'.repeat(999)}\ufffd…` });
  const inputs = Array.from({ length: 100 }, () => 'i'.repeat(2_000));
  const asked = new Story('1').tell('suspended', 0, { id: 1, method: 'tools/call', clientId: 2, round: 1, inputs });
  const { inputs: cut } = withoutSecrets(last(asked), new Secrets()) as unknown as { readonly inputs: string[] };
  expect(cut).toEqual(Array.from({ length: 16 }, () => `${'i'.repeat(1_000)}…`));
});

it('leaves ids of 1,000 characters whole: two of them may begin alike', () => {
  const [one, other] = [`${'x'.repeat(999)}1`, `${'x'.repeat(999)}2`];
  const ids = [one, other].map((id) =>
    withoutSecrets(
      last(new Story('1').tell('call', 0, { id, method: 'm', target: undefined, isSerialized: false })),
      new Secrets(),
    ),
  );
  expect(ids).toMatchObject([{ id: one }, { id: other }]);
});

it('hides a secret before it cuts', () => {
  const secret = 's3cret-of-ours';
  const error = `${'e'.repeat(995)}${secret}`;
  const record = withoutSecrets(last(new Story('1').end(1, 1, { error })), new Secrets([secret]));
  expect(record).toMatchObject({ error: `${'e'.repeat(995)}***` });
});

import { expect, test } from 'vitest';
import { expectUserErrorAsync, readAll, stream } from '../helpers.ts';

const options = { format: 'columns', gold: true } as const;

test('bytes in another encoding are read as it', async () => {
  const latin = Buffer.from('Málaga B-LOC\n', 'latin1');
  const read = await readAll(stream(latin, [2]), { ...options, encoding: 'latin1' });
  expect(read[0]?.tokens).toEqual(['Málaga']);
  const wide = Buffer.from('\ufeffMálaga B-LOC\r\n', 'utf16le');
  const wideRead = await readAll(stream(wide, [3, 5]), { ...options, encoding: 'utf-16le' });
  expect(wideRead[0]?.tokens).toEqual(['Málaga']);
  const utf8 = await readAll(stream(Buffer.from('Málaga B-LOC\n')), {
    ...options,
    encoding: 'UTF-8',
  });
  expect(utf8[0]?.tokens).toEqual(['Málaga']);
});

test('errors name the encoding', async () => {
  const latin = Buffer.from('a O\nMálaga B-LOC\n', 'latin1');
  await expectUserErrorAsync(
    () => readAll(stream(latin), options),
    /^<stdin>:2: .*latin1 as its encoding/,
  );
  await expectUserErrorAsync(
    () => readAll(stream(latin), { ...options, encoding: 'latin-x' }),
    /^unknown encoding "latin-x"\. Name one/,
  );
  await expectUserErrorAsync(
    () => readAll(stream(Buffer.from([0xff, 10])), { ...options, encoding: 'shift_jis' }),
    /^<stdin>:\d: invalid shift_jis/,
  );
});

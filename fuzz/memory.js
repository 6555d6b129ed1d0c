// Loads hostile model files, each in a process of its own, and measures the memory that this takes: at most four times the size
// of the file, plus 64 MB, whatever is in the header. Each must be refused in one line.
//
// npm run fuzz:memory (Linux)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-memory-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} header @param {number} [data] bytes after it */
function bytesOf(header, data = 0) {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(Buffer.byteLength(header));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]);
}
/** @param {Record<string, string>} parts of the metadata */
const model = (parts) =>
  bytesOf(
    JSON.stringify({
      __metadata__: {
        ...{ format: 'seqtag', version: '2', config: '{}', tasks: '[]' },
        ...{ vocabulary: '{}', record: '{}' },
        ...parts,
      },
    }),
  );
const SIZE = 12e6;
/** A list that fills the size with a value. @param {string} item @param {number} [size] */
const list = (item, size = SIZE) => `[${`${item},`.repeat(size / (item.length + 1))}0]`;
const distinct = `[${Array.from({ length: SIZE / 12 }, (_, i) => `"${i.toString(36)}"`).join(',')}]`;
const tensor = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';

/** @type {Record<string, Buffer>} */
const files = {
  'lists in the header': bytesOf(`{"t":${list('[]')}}`),
  'objects in the header': bytesOf(`{"__metadata__":{"a":"b"},"t":${list('{}')}}`),
  tensors: bytesOf(
    `{${Array.from({ length: SIZE / 60 }, (_, i) => `"${i}":${tensor}`).join(',')}}`,
  ),
  'a long shape': bytesOf(`{"t":{"dtype":"U8","shape":${list('1')},"data_offsets":[0,1]}}`, 1),
  'entries of metadata': bytesOf(
    `{"__metadata__":{${Array.from({ length: SIZE / 12 }, (_, i) => `"${i}":""`).join(',')}}}`,
  ),
  'a long name': bytesOf(`{"${'x'.repeat(SIZE)}":${tensor}}`),
  backslashes: bytesOf(`{"${'\\\\'.repeat(SIZE / 2)}":${tensor}}`),
  quotes: bytesOf(`{"__metadata__":{"config":"${'\\"'.repeat(SIZE / 2)}"}}`),
  'wide characters': model({ config: `{"x":"${'a'.repeat(SIZE)}€"}` }),
  'lists in the record': model({ record: list('[]') }),
  'objects in the vocabulary': model({ vocabulary: `{"words":${list('{}')}}` }),
  words: model({ vocabulary: `{"words":${distinct}}` }),
  strings: model({ vocabulary: list('""', SIZE / 2) }),
  'deep lists': model({ tasks: '['.repeat(SIZE / 2) + ']'.repeat(SIZE / 2) }),
  numbers: model({ config: `{"tags":${list('1e9')}}` }),
};

const program = `
  const { openModel } = await import(${JSON.stringify(join(root, 'dist/model/model-file.js'))});
  const { UserError } = await import(${JSON.stringify(join(root, 'dist/errors.js'))});
  const { readFileSync } = await import('node:fs');
  // of this program alone, unlike maxRSS, which begins with that of the program that started it
  const most = () => 1024 * Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  const before = most();
  const began = performance.now();
  let result = 'loaded';
  try {
    openModel(process.argv[1]);
  } catch (error) {
    result = error instanceof UserError && /^[^\\n]{20,1000}$/.test(error.message) ? error.message : String(error.stack);
  }
  const bytes = most() - before;
  console.log(JSON.stringify({ result, bytes, seconds: (performance.now() - began) / 1000 }));`;

let [passed, failed] = [0, 0];
const file = join(folder, 'x.safetensors');
for (const [name, bytes] of Object.entries(files)) {
  writeFileSync(file, bytes);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program, file],
    { encoding: 'utf8' },
  );
  const { size } = statSync(file);
  const limit = 4 * size + 64e6;
  const outcome =
    stdout === '' ? { result: stderr, bytes: Infinity, seconds: 0 } : JSON.parse(stdout);
  const isRight = outcome.bytes <= limit && outcome.result.startsWith(file);
  isRight ? passed++ : failed++;
  const megabytes = [outcome.bytes, limit]
    .map((n) => `${Math.round(n / 1e6)}`.padStart(5))
    .join(' of');
  console.log(
    `${name.padEnd(28)}${megabytes} MB ${outcome.seconds.toFixed(2).padStart(6)} s${isRight ? '' : ` ${outcome.result.slice(0, 300)}`}`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

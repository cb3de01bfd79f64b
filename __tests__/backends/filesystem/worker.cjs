/**
 * Works on a store of the backend `filesystem` in a process of its own.
 *
 *     node worker.cjs <compiled lib> <directory> <what to do> <name of this worker> <how often> <options as JSON>
 */
const [lib, directory, task, owner, times, options] = process.argv.slice(2);
const { FilesystemBackend } = require(`${lib}/backends/filesystem/index.js`);
const { FileLocks } = require(`${lib}/backends/filesystem/file-locks.js`);
const { decodeHead, encodeHead } = require(`${lib}/storage/record-codec.js`);

const KEYS = 12;
const backend = new FilesystemBackend(directory, JSON.parse(options));
const record = (key, variant, head, body) => ({
  ...{ key, variant, resource: `resource of ${key}`, head, body, bodyBytes: body.length },
  ...{ createdAt: 1, expiresAt: undefined, retainUntil: 4e12 + body.length },
});

/** Stores records under a few keys, which others use, too; some with variants. Prints a dot for each. */
async function store(index) {
  const key = `key ${index % KEYS}`;
  const variant = index % 3 === 0 ? '' : `variant ${index % 2}`;
  const body = Buffer.alloc(
    1 + ((index * 7919) % (index % 10 === 0 ? 300_000 : 20_000)),
    `${owner} ${index} `,
  );
  await backend.put(record(key, variant, encodeHead({ key, variant, owner, index }, body), body));
  if (index % 7 === 0) await backend.delete(`key ${(index * 5) % KEYS}`);
  process.stdout.write('.');
}

/** Adds one to the number in a head. */
async function increment() {
  for (;;) {
    const [found] = await backend.get('number');
    const { head } = decodeHead(found.head);
    const next = encodeHead({ number: head.number + 1 }, found.body);
    if (await backend.replaceHead({ ...found, head: next }, found.head)) return;
  }
}

/** Takes a lock for ever. */
function hold(name) {
  const locks = new FileLocks(`${directory}/v1/bin/locks`, () => `${directory}/v1/bin/tmp/of-${process.pid}`);
  return locks.hold(name, () => {
    process.stdout.write('.');
    return new Promise(() => setInterval(() => undefined, 1000));
  });
}

async function main() {
  if (task === 'hold') return hold(owner);
  for (let index = 0; index < Number(times); index++) await (task === 'store' ? store(index) : increment());
  if (task === 'use') {
    await backend.put(record('a', '', Buffer.from('head'), Buffer.from('body')));
    await backend.get('a');
    process.stdout.write('used');
    return;
  }
  await backend.close();
}

main();

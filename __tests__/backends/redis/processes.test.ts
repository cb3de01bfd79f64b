import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { noise } from '../../../lib/backend-suite/records.js';
import { type CompiledLib, compileLib } from '../../helpers/compiled-lib.js';
import { describeServers } from '../../servers/index.js';

/** Several processes on one store. */
jest.setTimeout(120_000);

const run = promisify(execFile);
const ROUNDS = 30;

let compiled: CompiledLib;
beforeAll(() => {
  compiled = compileLib();
});
afterAll(() => compiled.remove());

/** Runs a program that has `backend`, and `record(key, bytes, variant)` whose head and body are of one byte: the writer's. */
async function runProgram(name: string, body: string, args: readonly string[]): Promise<string> {
  const file = path.join(compiled.directory, `${name}.cjs`);
  writeFileSync(
    file,
    `const { RedisBackend } = require(${JSON.stringify(compiled.modulePath('backends/redis/index'))});
    const [namespace, options, who] = process.argv.slice(2);
    const backend = new RedisBackend(namespace, JSON.parse(options));
    const record = (key, bytes, variant = '') => ({ key, variant, resource: 'r', head: Buffer.from(who),
      body: Buffer.alloc(bytes, who), bodyBytes: bytes, createdAt: 1, expiresAt: undefined, retainUntil: undefined });
    (async () => { ${body} })().catch((error) => { console.error(error); process.exitCode = 1; });`,
  );
  const { stdout } = await run(process.execPath, [file, ...args], {
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    timeout: 60_000,
  });
  return stdout;
}

describeServers('redis', (server) => {
  const options = (more: object = {}): string =>
    JSON.stringify({ url: server().url, commandTimeout: 20_000, ...more });

  it.each(['string', 'hash'] as const)(
    'layout %s: processes that write, delete and read at one address see whole records, and leave none behind',
    async (layout) => {
      const namespace = `processes-${randomUUID()}`;
      const backend = new RedisBackend(namespace, { url: server().url, layout, commandTimeout: 20_000 });
      const writers = ['1', '2', '3'];
      const program = `
        let torn = 0;
        const check = async () => {
          for (const { head, variant, bodyBytes } of await backend.get('same')) {
            const body = await backend.body({ key: 'same', variant });
            if (body && body.some((byte) => byte !== body[0])) torn++;
          }
        };
        for (let round = 0; round < ${ROUNDS}; round++) {
          await backend.put(record('same', round % 2 === 0 ? 90000 : 100, round % 3 === 0 ? 'v' : ''));
          await check();
          if (round % 5 === 4) await backend.delete('same', round % 2 ? undefined : 'v');
          if (round % 7 === 6) await backend.deleteResource('r');
        }
        await backend.put(record('same', 5000, 'last ' + who));
        await backend.put(record('own ' + who, 1000));
        console.log(torn);
        await backend.close();`;
      try {
        const outputs = await Promise.all(
          writers.map((who) =>
            runProgram(`race-${layout}-${who}`, program, [namespace, options({ layout }), who]),
          ),
        );
        expect(outputs).toEqual(['0\n', '0\n', '0\n']);
        // Whoever was last: the index knows all that is there.
        const count = await backend.count();
        expect(count).toBeGreaterThanOrEqual(2);
        expect(await backend.count({ resource: 'r' })).toBe(count);
        expect(await backend.deleteResource('r')).toBe(count);
        expect(await backend.count()).toBe(0);
      } finally {
        await backend.clear();
        await backend.close();
      }
    },
  );

  it('what one process stores the next one finds', async () => {
    const namespace = `processes-${randomUUID()}`;
    const backend = new RedisBackend(namespace, { url: server().url });
    const body = noise(3000);
    try {
      await runProgram('first', `await backend.put(record('kept', 3000)); await backend.close();`, [
        namespace,
        options(),
        '7',
      ]);
      const [found] = await backend.get('kept');
      expect(Buffer.compare(found?.body ?? Buffer.of(), Buffer.alloc(body.length, '7'))).toBe(0);
    } finally {
      await backend.clear();
      await backend.close();
    }
  });

  it.each([
    ['that has closed the backend', 'await backend.close();'],
    ['that has not closed it', ''],
    ['that closes it with calls under way', `backend.get('a').catch(() => 0); await backend.close();`],
  ])('a process %s ends by itself', async (title, end) => {
    const namespace = `processes-${randomUUID()}`;
    const program = `await backend.put(record('a', 900000)); console.log((await backend.get('a')).length); await backend.clear(); ${end}`;
    expect(await runProgram(title.replaceAll(' ', '-'), program, [namespace, options(), 'x'])).toBe('1\n');
  });
});

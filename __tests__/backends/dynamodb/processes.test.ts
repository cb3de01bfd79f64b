import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { aRecord } from '../../../lib/backend-suite/records.js';
import { type CompiledLib, compileLib } from '../../helpers/compiled-lib.js';
import { describeServers, type OwnDynamo, startDynamo } from '../../servers/index.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const PORT = 8000;

let compiled: CompiledLib;
beforeAll(() => {
  compiled = compileLib();
});
afterAll(() => compiled.remove());

/** A program that has `backend`, on the namespace and with the options that it is given, and `record(key, bytes)`. */
function program(name: string, body: string): string {
  const file = path.join(compiled.directory, `${name}.cjs`);
  writeFileSync(
    file,
    `const { DynamodbBackend } = require(${JSON.stringify(compiled.modulePath('backends/dynamodb/index'))});
    const [namespace, options, who] = process.argv.slice(2);
    const backend = new DynamodbBackend(namespace, JSON.parse(options));
    const record = (key, bytes, head = who) => ({ key, variant: '', resource: 'r', head: Buffer.from(head),
      body: Buffer.alloc(bytes, who), bodyBytes: bytes, createdAt: 1, expiresAt: undefined, retainUntil: undefined });
    (async () => { ${body} })().catch((error) => { console.error(error); process.exitCode = 1; });`,
  );
  return file;
}

const environment = { ...process.env, NODE_NO_WARNINGS: '1' };

describeServers('dynamodb', (server) => {
  const optionsFor = (tableName: string): string =>
    JSON.stringify({ endpoint: server().url, tableName, operationTimeout: 20_000 });

  it('a process that has not closed the cache ends all the same', async () => {
    const file = program(
      'unclosed',
      `await backend.put(record('a', 900000)); console.log((await backend.get('a')).length);`,
    );
    const { stdout } = await run(process.execPath, [file, 'unclosed', optionsFor(`t_${randomUUID()}`), 'x'], {
      env: environment,
      timeout: 60_000,
    });
    expect(stdout).toBe('1\n');
  });

  it('processes that create the table and write to one address at a time leave one whole record', async () => {
    const table = `t_${randomUUID()}`;
    const namespace = 'race/#~';
    const file = program(
      'race',
      `for (let round = 0; round < 4; round++) {
        await backend.put(record('same', round % 2 === 0 ? 900000 : 1000));
        await backend.put(record('own ' + who, 1000));
      }
      await backend.close();`,
    );
    const writers = ['1', '2', '3'];
    await Promise.all(
      writers.map((who) =>
        run(process.execPath, [file, namespace, optionsFor(table), who], {
          env: environment,
          timeout: 100_000,
        }),
      ),
    );
    const backend = new DynamodbBackend(namespace, { endpoint: server().url, tableName: table });
    try {
      const [found, ...more] = await backend.get('same');
      expect(more).toEqual([]);
      const who = Buffer.from(found?.head ?? []).toString();
      expect(writers).toContain(who);
      expect(Buffer.compare(found?.body ?? Buffer.of(), Buffer.alloc(1000, who))).toBe(0);
      expect(await backend.count()).toBe(4);
      expect(await backend.size()).toBe(4 * 1001);
    } finally {
      await backend.clear();
      await backend.close();
    }
  });

  it('a process that is killed among the chunks of a body leaves the older record, whole', async () => {
    const table = `t_${randomUUID()}`;
    const file = program('killed', `await backend.put(record('same', 30000000)); console.log('done');`);
    const backend = new DynamodbBackend('killed', { endpoint: server().url, tableName: table });
    try {
      const older = aRecord({ key: 'same', body: Buffer.alloc(900_000, 'o') });
      await backend.put(older);
      const child = spawn(process.execPath, [file, 'killed', optionsFor(table), 'x'], { env: environment });
      let output = '';
      child.stdout.on('data', (text: Buffer) => (output += text.toString()));
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), 1200);
      await ended;
      clearTimeout(timer);
      const [found] = await backend.get('same');
      const expected = output === '' ? older.body : Buffer.alloc(30_000_000, 'x');
      expect(Buffer.compare(found?.body ?? Buffer.of(), expected)).toBe(0);
    } finally {
      await backend.clear();
      await backend.close();
    }
  });
});

/** Whether nobody listens at the standard port. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer((socket: Socket) => socket.destroy());
  const free = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => probe.close(resolve));
  return free;
}

it('the name alone is enough for a server at its standard port', async () => {
  if (!(await isFree(PORT))) return;
  let server: OwnDynamo | undefined;
  try {
    server = await startDynamo({ port: PORT });
    const file = program(
      'alone',
      `await backend.put(record('a', 10)); console.log(await backend.count()); await backend.close();`,
    );
    const clean = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_'));
    const env = { ...Object.fromEntries(clean), HOME: compiled.directory };
    const { stdout } = await run(process.execPath, [file, 'alone', '{}', 'x'], { env, timeout: 60_000 });
    expect(stdout).toBe('1\n');
  } finally {
    await server?.stop();
  }
});

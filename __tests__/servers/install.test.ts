import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';

jest.setTimeout(120_000);

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = aTemporaryDirectory();
  mkdirSync(directory.path('bin'));
  symlinkSync(process.execPath, directory.path('bin', 'node'));
});
afterEach(() => directory.remove());

/** A program on PATH, written in JavaScript. */
function aProgram(name: string, script = ''): void {
  writeFileSync(directory.path('bin', name), `#!${process.execPath}\n${script}`);
  chmodSync(directory.path('bin', name), 0o755);
}

/** Runs the installation on a machine that has nothing but Node and what the test puts there. */
function install(env: Readonly<Record<string, string>> = {}): {
  code: number | null;
  out: string;
  err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(__dirname, 'install.mjs')], {
    env: { PATH: directory.path('bin'), TEST_SERVERS_DIR: directory.path('servers'), ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

it('says what is not tested, and why, where nothing can be installed', () => {
  const { code, out, err } = install();
  expect(out).toMatch(/^ {2}redis +NOTHING: NOT TESTED$/m);
  expect(out).toMatch(/^ {2}redis-cluster +NOTHING: NOT TESTED$/m);
  expect(out).toMatch(/^ {2}mongodb +NOTHING: NOT TESTED$/m);
  expect(out).toMatch(/^ {2}dynamodb +dynalite$/m);
  expect(out).toMatch(/^ {2}redis could not be installed: it needs apt-get and dpkg, which is not on PATH$/m);
  expect(out).toMatch(/^ {2}secantusdb could not be installed: it needs python3/m);
  expect(out).toMatch(/^ {2}mongo-java-server could not be installed: it needs java and javac and mvn/m);
  expect(out).toMatch(/^ {2}jongodb could not be installed: .*npm/m);
  expect(err).toBe('');
  expect(code).toBe(0);
  const { failures } = JSON.parse(readFileSync(directory.path('servers', 'report.json'), 'utf8')) as {
    failures: object;
  };
  expect(Object.keys(failures)).toHaveLength(5);
});

it('fails for what is required, and names it', () => {
  const { code, err } = install({ REQUIRE_BACKENDS: 'memory,sqlite,redis,gridfs,dynamodb' });
  expect(err).toBe('Required by REQUIRE_BACKENDS, and without a server: redis, gridfs\n');
  expect(code).toBe(1);
});

it('installs nothing for servers that the environment names, or that are on PATH', () => {
  for (const name of ['valkey-server', 'mongod', 'dynoxide']) aProgram(name);
  const byPath = install({ REQUIRE_BACKENDS: 'redis,mongodb,dynamodb' });
  expect(byPath.out).not.toContain('Installing');
  expect(byPath.out).toMatch(/^ {2}mongodb +mongod$/m);
  expect(byPath.code).toBe(0);
  for (const name of ['valkey-server', 'mongod', 'dynoxide']) chmodSync(directory.path('bin', name), 0o644);
  const byEnvironment = install({
    REDIS_URL: 'redis://127.0.0.1:1',
    REDIS_CLUSTER_NODES: 'redis://127.0.0.1:1',
    MONGODB_URI: 'mongodb://127.0.0.1:1',
    DYNAMODB_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect(byEnvironment.out).not.toContain('Installing');
  expect(byEnvironment.out).toMatch(/^ {2}redis +REDIS_URL$/m);
  expect(byEnvironment.code).toBe(0);
});

it('goes on to the next choice when a registry hangs, and leaves nothing half installed', () => {
  for (const name of ['npm', 'python3', 'java', 'javac', 'mvn'])
    aProgram(name, 'setInterval(() => {}, 1000);');
  const begun = Date.now();
  const { code, out } = install({ TEST_SERVERS_INSTALL_LIMIT_MS: '1000' });
  expect(Date.now() - begun).toBeLessThan(30_000);
  expect(out).toMatch(/^Installing jongodb/m);
  for (const name of ['secantusdb', 'mongo-java-server', 'dynoxide', 'jongodb']) {
    expect(out).toMatch(
      new RegExp(`^  ${name} could not be installed: .*(was not done after 1 s|for Linux on x64 only)$`, 'm'),
    );
  }
  expect(code).toBe(0);
  expect(readdirSync(directory.path('servers'))).toEqual(['report.json']);
});

it('installs what a registry gives, once', () => {
  const program = 'node_modules/@dynoxide/linux-x64/dynoxide';
  aProgram(
    'npm',
    `const { mkdirSync, writeFileSync, appendFileSync } = require('node:fs');
     appendFileSync(${JSON.stringify(directory.path('npm.log'))}, process.argv.slice(2).join(' ') + '\\n');
     if (!process.argv.some((one) => one.startsWith('@dynoxide/'))) process.exit(1);
     mkdirSync(require('node:path').dirname('${program}'), { recursive: true });
     writeFileSync('${program}', '', { mode: 0o755 });`,
  );
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  expect(install().out).toMatch(/^ {2}dynamodb +dynoxide 1\.2\.1, dynalite$/m);
  expect(existsSync(directory.path('servers', 'dynoxide-1.2.1', program))).toBe(true);
  const again = install();
  expect(again.out).not.toContain('Installing dynoxide');
  const asked = readFileSync(directory.path('npm.log'), 'utf8').split('\n');
  expect(asked.filter((line) => line.includes('@dynoxide/linux-x64@1.2.1'))).toHaveLength(1);
});

// How each server of the catalogue is installed into a folder of its own, by the registries' own clients. Each fails with
// one sentence, and none takes longer than its limit.
import { spawn } from 'node:child_process';
import { accessSync, constants, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOnPath } from './places.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env.TEST_SERVERS_INSTALL_LIMIT_MS ?? 180_000);
const KEPT_CHARACTERS = 64 * 1024;
const LONGEST_REASON = 300;

const running = new Set();
process.once('exit', () => {
  for (const child of running) kill(child);
});
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(128 + number));
}

/** With all that it has started: it leads a group of processes. */
function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Runs a program to its end; it fails with the line of its output that tells most. */
async function run(command, args, options = {}) {
  const said = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
    running.add(child);
    let output = '';
    let isLate = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-KEPT_CHARACTERS)));
    }
    const timer = setTimeout(() => {
      isLate = true;
      kill(child);
    }, LIMIT_MS);
    const finish = (complaint) => {
      clearTimeout(timer);
      running.delete(child);
      if (complaint === undefined) resolve(output);
      else reject(new Error(complaint));
    };
    child.once('error', (error) => finish(error.message));
    // Not "close": a grandchild may hold the pipes, also of a child that was killed.
    child.once('exit', (code, signal) => {
      if (isLate) finish(`${path.basename(command)} was not done after ${LIMIT_MS / 1000} s`);
      else if (code === 0) finish();
      else
        setImmediate(() => finish(`${path.basename(command)} ended with ${signal ?? code}${lineOf(output)}`));
    });
  });
  return said;
}

/** Of all that a client prints, the first line that is a sentence about an error. */
function lineOf(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim().replace(/^\[ERROR\]\s*/, 'Error: '))
    .filter((line) => line !== '' && line !== 'Error:');
  const isTold = (line) => /^(npm error|ERROR|E:|Error)/.test(line);
  const isFact = (line) => /^npm error (code|errno|syscall)/.test(line);
  const told = lines.find((line) => isTold(line) && !isFact(line)) ?? lines.at(-1);
  return told === undefined ? '' : `: ${told.slice(0, LONGEST_REASON)}`;
}

function requirePrograms(...names) {
  const missing = names.filter((name) => !isOnPath(name));
  if (missing.length > 0) throw new Error(`it needs ${missing.join(' and ')}, which is not on PATH`);
}

function requireProgram(file) {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw new Error(`its package has no program ${path.basename(file)}`);
  }
}

/** An npm package that holds a program for one platform. */
async function npmPackage(place, { package: name, version, program }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`${name} is for Linux on x64 only`);
  }
  mkdirSync(path.join(place, 'node_modules'), { recursive: true });
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  const patience = ['--fetch-retries=1', '--fetch-timeout=30000'];
  await run('npm', ['install', '--prefix', '.', ...flags, ...patience, `${name}@${version}`], {
    cwd: place,
    shell: process.platform === 'win32',
  });
  requireProgram(path.join(place, program));
}

/** Python's virtual environments cannot be moved: it is made where it stays. */
async function secantusdb(place, { version }) {
  const python = ['python3', 'python'].find(isOnPath);
  if (python === undefined) throw new Error('it needs python3, which is not on PATH');
  await run(python, ['-m', 'venv', place]);
  const flags = ['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '20', '--quiet'];
  const pip = path.join(place, 'bin', 'python');
  await run(pip, ['-m', 'pip', 'install', ...flags, '--only-binary', ':all:', `SecantusDB==${version}`]);
}

async function mongoJavaServer(place, { version }) {
  requirePrograms('java', 'javac', 'mvn');
  const dependency = (group, artifact, number) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version></dependency>`;
  const project = path.join(place, 'pom.xml');
  writeFileSync(
    project,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>servers</artifactId><version>1</version>
<dependencies>
${dependency('de.bwaldvogel', 'mongo-java-server', version)}
${dependency('org.slf4j', 'slf4j-nop', '2.0.17')}
</dependencies></project>\n`,
  );
  const lib = path.join(place, 'lib');
  const flags = ['--quiet', '--batch-mode', '-Dmaven.wagon.http.retryHandler.count=1'];
  const patience = ['-Dmaven.wagon.rto=30000', '-Daether.connector.connectTimeout=15000'];
  await run('mvn', [
    ...flags,
    ...patience,
    ...['-f', project, 'dependency:copy-dependencies', `-DoutputDirectory=${lib}`, '-DincludeScope=runtime'],
  ]);
  const source = path.join(place, 'MongoJavaServer.java');
  copyFileSync(path.join(here, 'MongoJavaServer.java'), source);
  await run('javac', ['-cp', path.join(lib, '*'), '-d', path.join(place, 'classes'), source]);
}

/**
 * Debian's packages, unpacked and not installed: no rights are needed, and the system stays as it is. Its lists of packages
 * may be old or missing, so they are fetched as well, into the folder.
 */
async function debianRedis(place, { program }) {
  requirePrograms('apt-get', 'dpkg');
  const apt = path.join(place, 'apt');
  for (const name of ['lists/partial', 'archives/partial'])
    mkdirSync(path.join(apt, name), { recursive: true });
  const options = [
    ...['Debug::NoLocking=1', `Dir::State=${apt}`, `Dir::State::Lists=${apt}/lists`, `Dir::Cache=${apt}`],
    ...['Dir::State::status=/var/lib/dpkg/status', `Dir::Cache::archives=${apt}/archives`],
    ...[
      'Acquire::Retries=1',
      'Acquire::http::Timeout=20',
      'Acquire::https::Timeout=20',
      'APT::Sandbox::User=',
    ],
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', ['-qq', ...options, 'update']);
  const flags = ['-qq', '-y', '--no-install-recommends', '--download-only'];
  await run('apt-get', [...flags, ...options, 'install', 'redis-server']);
  const archives = path.join(apt, 'archives');
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb'))) {
    await run('dpkg', ['-x', path.join(archives, name), place]);
  }
  rmSync(apt, { recursive: true, force: true });
  requireProgram(path.join(place, program));
}

export const INSTALLERS = {
  redis: debianRedis,
  secantusdb,
  'mongo-java-server': mongoJavaServer,
  jongodb: npmPackage,
  dynoxide: npmPackage,
};

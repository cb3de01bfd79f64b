// Installs the servers that tests of backends need and that this machine has not: into `.test-servers` of the project, or
// into the folder that TEST_SERVERS_DIR names. Nothing else on the machine is changed. Quick when all is there.
//
// What cannot be installed is said, with its reason, and what is left untested by that; it is a failure only for backends
// that REQUIRE_BACKENDS names.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { INSTALLERS } from './installers.mjs';
import { CATALOGUE, FOLDER, isInstalled, isOnPath, placeOf } from './places.mjs';

/** What a variable of the environment, or a program on PATH, makes superfluous. */
const isGiven = (variable, ...programs) => Boolean(process.env[variable]) || programs.some(isOnPath);

/** By family: names in the catalogue; a list of alternatives is tried in turn. */
function wanted() {
  const needsRedis = !isGiven('REDIS_URL', 'redis-server', 'valkey-server');
  const needsCluster = !isGiven('REDIS_CLUSTER_NODES', 'redis-server', 'valkey-server');
  const needsMongo = !isGiven('MONGODB_URI', 'mongod');
  return {
    first: [
      ...(needsRedis || needsCluster ? ['redis'] : []),
      ...(needsMongo && !isOnPath('secantusd-py') ? ['secantusdb'] : []),
      ...(needsMongo ? ['mongo-java-server'] : []),
      ...(isGiven('DYNAMODB_ENDPOINT', 'dynoxide') ? [] : ['dynoxide']),
    ],
    // A last choice: it does much otherwise than MongoDB.
    otherwise: needsMongo ? ['jongodb'] : [],
  };
}

const failures = {};

async function install(name) {
  if (isInstalled(name)) return;
  const place = placeOf(name);
  const begun = Date.now();
  try {
    console.log(`Installing ${name} for the tests of backends.`);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    await INSTALLERS[name](place, CATALOGUE[name]);
    writeFileSync(path.join(place, '.complete'), '');
    console.log(`Installed ${name} in ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
  } catch (error) {
    rmSync(place, { recursive: true, force: true });
    failures[name] = error.message;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One at a time, where several projects install into one folder. */
async function withLock(work) {
  mkdirSync(FOLDER, { recursive: true });
  const lock = path.join(FOLDER, '.lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  await work();
}

function isAbandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

async function installAll() {
  const { first, otherwise } = wanted();
  await Promise.all(first.map(install));
  const hasMongo = isOnPath('secantusd-py') || ['secantusdb', 'mongo-java-server'].some(isUsable);
  if (!hasMongo) await Promise.all(otherwise.map(install));
  writeFileSync(path.join(FOLDER, 'report.json'), `${JSON.stringify({ failures }, null, 2)}\n`);
}

function isUsable(name) {
  return isInstalled(name) && (name !== 'mongo-java-server' || isOnPath('java'));
}

/** What tests of each family will run against. */
function tested() {
  const given = (variable) => (process.env[variable] ? [variable] : undefined);
  const present = (programs, names) => [
    ...programs.filter(isOnPath),
    ...names.filter(isUsable).map((name) => `${name} ${CATALOGUE[name].version ?? ''}`.trim()),
  ];
  const redis = () => present(['redis-server', 'valkey-server'], ['redis']).slice(0, 1);
  const mongo = () => {
    const real = present(['mongod'], []);
    if (real.length > 0) return real;
    const found = present(['secantusd-py'], ['secantusdb', 'mongo-java-server']);
    return found.length > 0 ? found : present([], ['jongodb']);
  };
  const hasDynalite = existsSync(new URL('../../node_modules/dynalite/cli.js', import.meta.url));
  const dynamo = () => [
    ...present(['dynoxide'], ['dynoxide']).slice(0, 1),
    ...(hasDynalite ? ['dynalite'] : []),
  ];
  return {
    redis: given('REDIS_URL') ?? redis(),
    'redis-cluster': given('REDIS_CLUSTER_NODES') ?? redis(),
    mongodb: given('MONGODB_URI') ?? mongo(),
    dynamodb: given('DYNAMODB_ENDPOINT') ?? dynamo(),
  };
}

const FAMILIES = {
  redis: ['redis', 'redis-cluster'],
  mongodb: ['mongodb'],
  gridfs: ['mongodb'],
  dynamodb: ['dynamodb'],
};

function report() {
  const servers = tested();
  console.log('Backends are tested on:');
  for (const [family, found] of Object.entries(servers)) {
    console.log(`  ${family.padEnd(14)} ${found.length > 0 ? found.join(', ') : 'NOTHING: NOT TESTED'}`);
  }
  for (const [name, reason] of Object.entries(failures)) {
    console.log(`  ${name} could not be installed: ${reason}`);
  }
  const required = (process.env.REQUIRE_BACKENDS ?? '').split(',').map((name) => name.trim());
  const missing = required.filter((name) => FAMILIES[name]?.some((family) => servers[family].length === 0));
  if (missing.length === 0) return;
  console.error(`Required by REQUIRE_BACKENDS, and without a server: ${missing.join(', ')}`);
  process.exitCode = 1;
}

await withLock(installAll);
report();

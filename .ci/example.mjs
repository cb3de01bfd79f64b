// `npm run example` lists the examples, `npm run example -- NAME …` runs one of them on the built package.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'examples');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.basename(file, '.ts'));
const [name, ...others] = process.argv.slice(2);

const index = readFileSync(path.join(folder, 'README.md'), 'utf8');

/** What an example shows, as the index of them says. */
function purposeOf(example) {
  const row = index.split('\n').find((line) => line.startsWith(`| [\`${example}\`]`));
  const text = row?.split('|')[2]?.trim() ?? '';
  return text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}

/** What some examples need, and by what variables somebody says where that is. */
const REDIS = { family: 'redis', port: 6379, variables: ['REDIS_URL', 'REDIS_CLUSTER_NODES'] };
const MONGODB = { family: 'mongodb', port: 27017, variables: ['MONGODB_URI'] };
const DYNAMODB = { family: 'dynamodb', port: 8000, variables: ['DYNAMODB_ENDPOINT', 'AWS_REGION'] };
const SERVERS = { redis: REDIS, express: REDIS, mongodb: MONGODB, gridfs: MONGODB, dynamodb: DYNAMODB };

function answersAt(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Where there is no server, one of those for the tests is used. */
async function wayTo(server) {
  if (server === undefined || server.variables.some((name) => process.env[name] !== undefined)) return [];
  if (await answersAt(server.port)) return [];
  return [path.join(root, '__tests__/servers/with-server.ts'), server.family];
}

if (names.includes(name)) {
  const tsNode = createRequire(import.meta.url).resolve('ts-node/dist/bin.js');
  const example = [tsNode, path.join(folder, `${name}.ts`), ...others];
  const way = await wayTo(SERVERS[name]);
  const program = way.length === 0 ? example : [tsNode, ...way, ...example];
  process.exitCode = spawnSync(process.execPath, program, { stdio: 'inherit' }).status ?? 1;
} else {
  if (name !== undefined) console.error(`There is no example "${name}".\n`);
  const width = Math.max(...names.map(({ length }) => length));
  console.log('npm run example -- NAME, where NAME is one of:\n');
  for (const example of names) console.log(`  ${example.padEnd(width)}  ${purposeOf(example)}`);
  process.exitCode = name === undefined ? 0 : 1;
}

// `npm run example` lists the examples, `npm run example -- NAME …` runs one of them on the built package.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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
  return row?.split('|')[2]?.trim() ?? '';
}

if (names.includes(name)) {
  const tsNode = createRequire(import.meta.url).resolve('ts-node/dist/bin.js');
  const program = [tsNode, path.join(folder, `${name}.ts`), ...others];
  process.exitCode = spawnSync(process.execPath, program, { stdio: 'inherit' }).status ?? 1;
} else {
  if (name !== undefined) console.error(`There is no example "${name}".\n`);
  const width = Math.max(...names.map(({ length }) => length));
  console.log('npm run example -- NAME, where NAME is one of:\n');
  for (const example of names) console.log(`  ${example.padEnd(width)}  ${purposeOf(example)}`);
  process.exitCode = name === undefined ? 0 : 1;
}

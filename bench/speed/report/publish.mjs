// Where the chart goes: beside the JSON, and with --publish into the repository, for the README.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chartOf } from './chart.mjs';
import { dateOf, machineOf, versionsOf } from './wording.mjs';

const CHART = fileURLToPath(new URL('../../speed.svg', import.meta.url));
const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
const MEASURED = /(<!-- measured by npm run bench -->\n\n)[^]*?(\n\n<!-- end -->)/;

/** @param {{ folder: string, isPublished: boolean }} how folder: of the results */
export async function publish(results, { folder, isPublished }) {
  const file = path.join(folder, 'speed.svg');
  try {
    writeFileSync(file, await chartOf(results));
  } catch (error) {
    // Without a registry there is no chart; what was measured stands.
    if (isPublished) throw error;
    console.log(`No chart: ${error.message}`);
    return;
  }
  console.log(`Written to ${file}`);
  if (!isPublished) return;
  copyFileSync(file, CHART);
  const readme = readFileSync(README, 'utf8');
  if (!MEASURED.test(readme)) throw new Error('The README has no place for the date of the figures.');
  writeFileSync(
    README,
    readme.replace(MEASURED, (_, begin, end) => `${begin}${measuredLine(results)}${end}`),
  );
  console.log(`Published: ${path.relative(process.cwd(), CHART)}, and its date in the README`);
}

function measuredLine(results) {
  const { rounds, command } = results;
  return `Measured on ${dateOf(results)} by \`${command}\`, ${rounds} rounds on ${machineOf(results)}: ${versionsOf(results)}.`;
}

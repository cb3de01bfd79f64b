import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPT = `
  const [url, name, given] = process.argv.slice(1);
  const { [name]: called } = await import(url);
  process.stdout.write(JSON.stringify({ result: called(...JSON.parse(given)) }));
`;

/** Calls what a `.mjs` file of this folder exports, in a process of its own: Jest's CommonJS cannot import it. */
export function callExport(file: string, name: string, ...args: readonly unknown[]): unknown {
  const url = pathToFileURL(path.join(__dirname, file)).href;
  const node = ['--input-type=module', '--eval', SCRIPT, '--', url, name, JSON.stringify(args)];
  const printed = execFileSync(process.execPath, node, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return (JSON.parse(printed) as { result?: unknown }).result;
}

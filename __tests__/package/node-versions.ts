/**
 * The packed library on each version of Node.js that it is for: `npm run test:node-versions`. The versions come from npm's
 * package `node`, some fifty megabytes each, so that this is no part of `npm test`; `.ci/run` has it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { type Consumer, installPacked } from '../helpers/built-package.js';

const run = promisify(execFile);

/** The oldest that `engines` allows, and the newest of each line; that of this process is what all other tests run on. */
const [RUNNING] = process.versions.node.split('.');
const VERSIONS = ['20.0.0', '20', '22', '24'].filter((version) => version !== RUNNING);
const NPX = process.platform === 'win32' ? 'npx.cmd' : 'npx';
/** A process that does not end by itself fails. */
const MUST_END_WITHIN_MS = 60_000;

/** Asks twice, through a memory of its own and through a file that a run before may have left; closes nothing. */
const ASK = `
  const ask = async (options) => {
    const http = withCache(axios.create(), { expireAfter: '1h', ...options });
    const found = [];
    for (let count = 0; count < 2; count++) found.push((await http.get(process.argv[2])).cache.fromCache);
    return found;
  };
  let sqlite = 'none';
  try { new (require('better-sqlite3'))(':memory:').close(); sqlite = 'better-sqlite3'; }
  catch { if (process.getBuiltinModule?.('node:sqlite')) sqlite = 'node:sqlite'; }
  console.log(JSON.stringify({
    version: process.version,
    driver: sqlite,
    memory: await ask({ backend: 'memory' }),
    sqlite: await ask({ cacheName: process.argv[3] }),
  }));
`;
const FORMATS = {
  'ask.mjs': `import { createRequire } from 'node:module';
    import axios from 'axios'; import { withCache } from 'axios-persistent-cache';
    const require = createRequire(import.meta.url); ${ASK}`,
  'ask.cjs': `const axios = require('axios'); const { withCache } = require('axios-persistent-cache');
    (async () => { ${ASK} })();`,
};

interface Told {
  readonly version: string;
  readonly driver: string;
  readonly memory: readonly boolean[];
  readonly sqlite: readonly boolean[];
}

/** Where npm has put a version. */
async function executableOf(version: string, cwd: string): Promise<string> {
  const print = ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'];
  const { stdout } = await run(NPX, print, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  return stdout.trim();
}

async function tell(
  consumer: Consumer,
  executable: string,
  script: string,
  args: readonly string[],
): Promise<Told> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const { stdout } = await run(executable, [script, ...args], {
    cwd: consumer.directory,
    env,
    encoding: 'utf8',
    timeout: MUST_END_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(stdout) as Told;
}

/** What is wrong, in words; undefined: nothing. */
function faultOf(told: Told, version: string, isAgain: boolean): string | undefined {
  const says = JSON.stringify(told);
  if (!told.version.startsWith(`v${version}`)) return `It ran on another version: ${says}`;
  if (String(told.memory) !== 'false,true') return `memory: ${says}`;
  // Without a driver requests go to the network, as without a cache.
  const expected = told.driver === 'none' ? 'false,false' : `${isAgain},true`;
  return String(told.sqlite) === expected ? undefined : `sqlite, which should be ${expected}: ${says}`;
}

/** What is wrong with what the command line lists of a store; undefined: nothing. */
async function faultOfCommandLine(
  consumer: Consumer,
  executable: string,
  store: string,
  url: string,
): Promise<string | undefined> {
  // Without a driver there is no such file.
  if (!existsSync(consumer.file(store))) return undefined;
  const command = consumer.file('node_modules/axios-persistent-cache/dist/cli.mjs');
  const { stdout } = await run(executable, [command, store, 'ls', '--json'], {
    cwd: consumer.directory,
    encoding: 'utf8',
    timeout: MUST_END_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  const lines = stdout.trim().split('\n');
  const [first] = lines.map((line) => JSON.parse(line) as { url?: string });
  return lines.length === 1 && first?.url === url ? undefined : `it lists ${stdout}`;
}

async function main(): Promise<void> {
  const consumer = installPacked();
  const server = await startOrigin();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let isFine = true;
  try {
    for (const version of VERSIONS) {
      const executable = await executableOf(version, consumer.directory);
      let store = '';
      for (const [name, program] of Object.entries(FORMATS)) {
        const script = consumer.file(name, program);
        for (const isAgain of [false, true]) {
          const told = await tell(consumer, executable, script, [url, (store = `${version}-${name}.sqlite`)]);
          const fault = faultOf(told, version, isAgain);
          isFine &&= fault === undefined;
          console.log(
            `Node ${told.version}, ${name}, ${isAgain ? 'again' : 'first'}, SQLite by ${told.driver}: ${fault ?? 'as it should be'}`,
          );
        }
      }
      const fault = await faultOfCommandLine(consumer, executable, store, url);
      isFine &&= fault === undefined;
      console.log(`Node ${version}, the command line: ${fault ?? 'as it should be'}`);
    }
  } finally {
    server.close();
    server.closeAllConnections();
    consumer.remove();
  }
  process.exitCode = isFine ? 0 : 1;
}

async function startOrigin(): Promise<Server> {
  const server = createServer((_request, response) => response.end('an answer'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

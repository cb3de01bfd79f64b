// The suite's own server, in a process of its own, on a free port of the loopback interface.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const suiteFolder = path.join(here, 'suite', 'node_modules', 'http-cache-tests');

/** @returns {Promise<{ baseUrl: string, close: () => void }>} */
export async function startOrigin() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'http-tests-'));
  const server = spawn(
    process.execPath,
    ['--import', new URL('loopback.mjs', import.meta.url).href, path.join('server', 'server.mjs')],
    {
      cwd: suiteFolder,
      env: {
        ...process.env,
        npm_config_port: '0',
        npm_config_protocol: 'http',
        npm_config_pidfile: path.join(folder, 'server.pid'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const close = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-4096);
      const port = /Listening on http:\/\/\S+:(\d+)\//.exec(said)?.[1];
      if (port !== undefined) resolve({ baseUrl: `http://127.0.0.1:${port}`, close });
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`The suite's server ended with ${code}: ${said}`)));
  });
}

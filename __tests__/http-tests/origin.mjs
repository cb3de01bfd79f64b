// The suite's own server, in a process of its own, on a free port of the loopback interface.
import path from 'node:path';
import { startModule, temporaryFolder } from './processes.mjs';
import { suiteFolder } from './suite.mjs';

const START_LIMIT_MS = 10_000;

/** @returns {Promise<{ baseUrl: string, close: () => void }>} */
export function startOrigin() {
  const server = startModule(path.join('server', 'server.mjs'), {
    cwd: suiteFolder,
    env: {
      npm_config_port: '0',
      npm_config_protocol: 'http',
      npm_config_pidfile: path.join(temporaryFolder(), 'server.pid'),
    },
  });
  const close = () => server.kill('SIGKILL');
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error("the suite's server does not start")), START_LIMIT_MS);
    server.stdout.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-4096);
      const port = /Listening on http:\/\/\S+:(\d+)\//.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve({ baseUrl: `http://127.0.0.1:${port}`, close });
    });
    server.once('error', reject);
    server.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the suite's server ended with ${code}: ${said}`));
    });
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { endRun } from '../../__tests__/servers/run.cjs';
import { type Server, serverOf } from '../servers.js';

const SCRIPT = path.join(__dirname, 'run.mjs');
/** Parts in which backends with a server take part. */
const WITH_SERVERS = ['hits', 'misses', 'concurrent'];
const BACKENDS = [
  ['redis', ['redis']],
  ['mongodb', ['mongodb', 'gridfs']],
  ['dynamodb', ['dynamodb']],
] as const;

/**
 * Measures in a process of its own, without what loads TypeScript here; only servers of networked backends are started
 * by this one, as the tests start them.
 */
export async function benchSpeed(args: readonly string[]): Promise<void> {
  const own = args.indexOf('--servers');
  const isWithout = own >= 0 && args[own + 1] === 'none';
  if (own >= 0 && !isWithout) throw new Error('--servers can only be none.');
  const rest = own < 0 ? args : args.filter((_, index) => index !== own && index !== own + 1);
  const servers: Server[] = [];
  try {
    const backends = isWithout || !isAnyWithServers(rest) ? [] : await startAll(servers);
    const child = spawn(process.execPath, [SCRIPT, ...rest], {
      stdio: 'inherit',
      env: {
        ...process.env,
        BENCH_SERVERS: JSON.stringify(backends),
        // It would stand in the midst of the figures.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) process.exitCode = 1;
  } finally {
    for (const server of servers) await server.stop();
    await endRun();
  }
}

function isAnyWithServers(args: readonly string[]): boolean {
  const place = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (place < 0) return true;
  const only = args[place]?.split('=')[1] ?? args[place + 1] ?? '';
  return only.split(',').some((part) => WITH_SERVERS.includes(part));
}

/** @param started what is to be stopped, also when one that follows does not start */
async function startAll(started: Server[]): Promise<readonly (Omit<Server, 'stop'> & { backend: string })[]> {
  const found = [];
  for (const [family, backends] of BACKENDS) {
    const server = await serverOf(family);
    if (server === undefined) {
      console.log(`${backends.join(' and ')}: not measured, there is no server on this machine`);
      continue;
    }
    started.push(server);
    const { url, title, isEmulator } = server;
    found.push(...backends.map((backend) => ({ backend, url, title, isEmulator })));
  }
  return found;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts the origin.
 * @returns {Promise<{ url: string, counts: () => Promise<{ full: number, notModified: number }>, stop: () => void }>}
 */
export async function startOrigin() {
  const origin = spawn(process.execPath, [fileURLToPath(new URL('origin.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(origin.stdout, 'data');
  const url = `http://127.0.0.1:${String(port).trim()}`;
  return {
    url,
    counts: async () => (await fetch(`${url}/counts`)).json(),
    stop: () => origin.stdin.end(),
  };
}

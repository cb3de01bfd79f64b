/**
 * Records what an API says, and replays it when the API is gone: prints both, the file that was written, and what is said of a
 * request that was not recorded.
 *
 *     npx ts-node examples/record-replay.ts
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { type CachedAxiosInstance, type RecordingMode, withCache } from 'axios-persistent-cache';

async function main(): Promise<void> {
  const api = await startApi();
  // In your tests: a directory that you commit, such as `__tests__/recordings/users`.
  const cacheName = mkdtempSync(path.join(os.tmpdir(), 'recordings-'));
  const instance = (mode: RecordingMode): CachedAxiosInstance => {
    const headers = { Authorization: 'Bearer the-token-of-a-user' };
    return withCache(axios.create({ baseURL: api.url, headers: mode === 'record' ? headers : {} }), {
      mode,
      cacheName,
    });
  };
  try {
    const recording = instance('record');
    const created = await recording.post<{ name: string }>('/users', { name: 'Ada' });
    console.log(`record: ${created.status} ${created.data.name}`);
    await recording.cache.close();
    for (const file of readdirSync(cacheName)) {
      console.log(file.replace(/_\d+_/, '_PORT_').replace(/[0-9a-f]{8}/, 'KEY'));
    }

    // The API is gone, and so is the token.
    api.server.close();
    api.server.closeAllConnections();
    const replaying = instance('replay');
    const replayed = await replaying.post<{ name: string }>('/users', { name: 'Ada' });
    console.log(`replay: ${replayed.status} ${replayed.data.name}  fromCache: ${replayed.cache.fromCache}`);
    await replaying.post('/users', { name: 'Grace' }).catch((error: unknown) => {
      const { message } = error as Error;
      console.log(message.replaceAll(api.url, 'http://api').replace(cacheName, 'recordings'));
    });
    await replaying.cache.close();
  } finally {
    api.server.close();
    rmSync(cacheName, { recursive: true });
  }
}

async function startApi(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    response.writeHead(201, { 'Content-Type': 'application/json' });
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

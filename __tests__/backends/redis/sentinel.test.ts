import axios from 'axios';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { type CacheEvent, withCache } from '../../../lib/index.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { availableProgram } from '../../servers/choose.js';
import { askRedis, describeOwnServers, startRedis } from '../../servers/index.js';
import { type OwnServer, startServer } from '../../servers/server-process.js';

/** A master and its replica, watched by a sentinel that makes the replica the master when the other is gone. */
jest.setTimeout(120_000);

const MASTER_NAME = 'mymaster';
const DOWN_AFTER_MS = 1000;
const PAUSE_SECONDS = 30;

async function startSentinel(masterPort: number): Promise<OwnServer> {
  const { program, env } = availableProgram('redis');
  const configuration = [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
  ];
  return startServer('redis-sentinel', {
    program,
    env,
    args: (port) => ['sentinel.conf', '--sentinel', '--port', String(port), '--bind', '127.0.0.1'],
    files: { 'sentinel.conf': `${configuration.join('\n')}\n` },
  });
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await isReached());) {
    if (Date.now() > deadline) throw new Error('What was waited for did not come.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describeOwnServers('redis', () => {
  it('a replica takes over: requests go on, and what was stored is still there', async () => {
    const master = await startRedis();
    const replica = await startRedis({ extraArgs: ['--replicaof', '127.0.0.1', String(master.port)] });
    const sentinel = await startSentinel(master.port);
    const origin = await OriginServer.start(({ url }) => ({ body: url }));
    const clock = new ManualClock(Date.UTC(2100, 0, 1));
    const told: CacheEvent[] = [];
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend: new RedisBackend('sentinel', {
        sentinel: { name: MASTER_NAME, nodes: [{ host: '127.0.0.1', port: sentinel.port }] },
        commandTimeout: 3000,
      }),
      clock,
      storageTimeout: 20,
    });
    for (const event of ['backendError', 'breakerOpen', 'breakerClose'] as const) {
      http.cache.on(event, (one) => told.push(one));
    }
    const get = async (url: string) => {
      const { data, cache } = await http.get<string>(url);
      expect(data).toBe(url);
      return cache;
    };
    const masterOf = (): Promise<string> =>
      askRedis(sentinel.port, `SENTINEL GET-MASTER-ADDR-BY-NAME ${MASTER_NAME}`);
    try {
      await until(async () =>
        (await askRedis(replica.port, 'INFO replication')).includes('master_link_status:up'),
      );
      await until(async () =>
        /num-slaves\r\n\$1\r\n1\r\n|slaves=1/.test(await askRedis(sentinel.port, 'INFO sentinel')),
      );
      for (const url of ['/kept', '/replaced']) expect((await get(url)).stored).toBe(true);
      expect((await get('/kept')).fromCache).toBe(true);
      expect(told).toEqual([]);
      await until(
        async () => (await askRedis(replica.port, 'DBSIZE')) === (await askRedis(master.port, 'DBSIZE')),
      );

      await master.kill();
      // Whatever becomes of storage meanwhile, requests are answered.
      for (let index = 0; index < 3; index++) await get(`/meanwhile/${index}`);
      await until(() => isMaster(replica.port));
      await until(async () => {
        clock.advance(PAUSE_SECONDS * 1000);
        await get('/again');
        return (await get('/again')).fromCache;
      });
      const asked = origin.count('/kept');
      expect((await get('/kept')).fromCache).toBe(true);
      expect(origin.count('/kept')).toBe(asked);
      expect(await masterOf()).toMatch(/^\*2/);
      expect(told.length).toBeGreaterThan(0);
    } finally {
      await http.cache.close();
      await origin.close();
      await Promise.all([sentinel, master, replica].map((server) => server.stop()));
    }
  });
});

async function isMaster(port: number): Promise<boolean> {
  return (await askRedis(port, 'INFO replication')).includes('role:master');
}

import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, errorOf, noise } from '../../../lib/backend-suite/records.js';
import { askRedis, describeOwnServers, startRedis } from '../../servers/index.js';

jest.setTimeout(60_000);

describeOwnServers('redis', () => {
  it.each(['string', 'hash'] as const)(
    'layout %s: a full server refuses what is new, whatever there is already, and lets go what is to be deleted',
    async (layout) => {
      const server = await startRedis();
      try {
        const backend = new RedisBackend('full', { url: server.url, layout });
        const [one, two] = ['one', 'two'].map((variant) =>
          aRecord({ variant, body: noise(5000, variant.length) }),
        );
        const single = aRecord({ key: 'single' });
        const [small, other] = ['a', 'b'].map((variant) => aRecord({ key: 'small', variant }));
        for (const record of [one, two, single, small, other]) await backend.put(record as never);
        await askRedis(server.port, 'CONFIG SET maxmemory 1');
        const newer = { head: Buffer.from('newer'), body: noise(9000, 2) };
        for (const record of [
          aRecord({ ...newer, variant: 'one' }),
          aRecord({ ...newer, variant: 'three' }),
          aRecord({ ...newer, key: 'single' }),
          aRecord({ ...newer, key: 'new' }),
          aRecord({ ...newer, key: 'new', body: noise(90_000, 3) }),
          aRecord({ ...newer, key: 'single', body: noise(90_000, 3) }),
        ]) {
          expect(String(((await errorOf(() => backend.put(record))) as Error).cause)).toMatch(/OOM/);
        }
        expect(await backend.get('new')).toEqual([]);
        for (const record of [one, two, single, small, other]) await assertStored(backend, record as never);
        // One of two that are in one string, or field.
        expect(await backend.delete('small', 'a')).toBe(1);
        expect(await backend.delete('key', 'one')).toBe(1);
        await assertStored(backend, two as never);
        await assertStored(backend, other as never);
        // The index has not forgotten them.
        expect(await backend.deleteResource('resource')).toBe(3);
        await backend.close();
      } finally {
        await server.stop();
      }
    },
  );
});

import axios from 'axios';
import { BACKENDS, withCache } from 'axios-persistent-cache';
import { type BackendName } from '../../lib/storage/backend-options.js';
import { OriginServer } from '../helpers/origin-server.js';
import {
  describeOwnServers,
  type KindName,
  type OwnServer,
  type ServerFamily,
  startDynamo,
  startMongo,
  startRedis,
} from '../servers/index.js';
import { accepts } from '../servers/server-process.js';

jest.setTimeout(180_000);

/** Of the backends that need a server: which, and the port at which such a server listens when nobody says otherwise. */
const SERVERS: Readonly<
  Record<
    string,
    {
      readonly family: ServerFamily;
      readonly port: number;
      readonly start: (kind: KindName, port: number) => Promise<OwnServer>;
    }
  >
> = {
  redis: { family: 'redis', port: 6379, start: (_kind, port) => startRedis({ port }) },
  mongodb: { family: 'mongodb', port: 27_017, start: (kind, port) => startMongo({ kind, port }) },
  gridfs: { family: 'mongodb', port: 27_017, start: (kind, port) => startMongo({ kind, port }) },
  dynamodb: { family: 'dynamodb', port: 8000, start: (kind, port) => startDynamo({ kind, port }) },
};

/** How long another run of these tests may hold the port. */
const HELD_MS = 30_000;

/** A server at its standard port. Where somebody has one there already, that is used, and stays. */
async function atItsPort(port: number, start: () => Promise<OwnServer>): Promise<OwnServer | undefined> {
  for (const deadline = Date.now() + HELD_MS; await accepts(port);) {
    if (Date.now() > deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return start();
}

describe.each(BACKENDS.filter((name) => name in SERVERS))('backend: %p, and not a word more', (name) => {
  const { family, port, start } = SERVERS[name] as (typeof SERVERS)[string];
  const environment = { ...process.env };
  let origin: OriginServer;
  beforeAll(async () => {
    origin = await OriginServer.start(() => ({ body: 'of the origin' }));
    // Those of this machine could lead elsewhere.
    for (const variable of Object.keys(process.env)) {
      if (variable.startsWith('AWS_')) delete process.env[variable];
    }
    // Neither the profile of whoever runs this, nor a search for the role of the machine.
    process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });
  afterAll(async () => {
    process.env = environment;
    await origin.close();
  });

  describeOwnServers(family, (kind) => {
    it('keeps what it has for the next instance', async () => {
      const server = await atItsPort(port, () => start(kind, port));
      const url = `${origin.url}/${name}/${kind}`;
      const cacheName = `by_name_${process.pid}`;
      const failures: unknown[] = [];
      try {
        for (const fromCache of [false, true]) {
          const http = withCache(axios.create(), {
            backend: name as BackendName,
            cacheName,
            expireAfter: '1h',
          });
          http.cache.on('backendError', ({ error }) => failures.push(error));
          try {
            // A table is made at the first use, for which no request waits.
            await http.cache.count();
            const response = await http.get<string>(url);
            expect(response.data).toBe('of the origin');
            expect(response.cache.fromCache).toBe(fromCache);
            expect(await http.cache.count()).toBe(1);
            if (fromCache) await http.cache.clear();
          } finally {
            await http.cache.close();
          }
        }
        expect(failures).toEqual([]);
        expect(origin.count(`/${name}/${kind}`)).toBe(1);
      } finally {
        await server?.stop();
      }
    });
  });
});

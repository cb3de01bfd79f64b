import axios from 'axios';
import { withCache } from '../../lib/index.js';
import { OriginServer } from '../helpers/origin-server.js';
import { describeServers } from '../servers/index.js';
import { SUBJECTS } from './collapsing-on-servers.js';

const CALLERS = 1000;

describe.each(SUBJECTS)('a thousand requests for the same at the same time ($name)', ({ family, spec }) => {
  describeServers(family, (server) => {
    let origin: OriginServer;

    beforeEach(async () => {
      origin = await OriginServer.start();
      origin.handle(() => ({ headers: { 'content-type': 'application/json' }, body: '{"list":[1]}' }));
    });

    afterEach(() => origin.close());

    it('ask the origin once, and storage has the answer for the next', async () => {
      const http = withCache(axios.create({ baseURL: origin.url }), {
        backend: spec(server()),
        // Opening may take its time, such as creating a table.
        storageTimeout: '30s',
      });
      try {
        const ask = (): Promise<{ data: { list: number[] } }> => http.get('/a');
        const answers = await Promise.all(Array.from({ length: CALLERS }, ask));
        expect(origin.count()).toBe(1);
        expect(new Set(answers.map(({ data }) => data)).size).toBe(CALLERS);
        expect(answers.every(({ data }) => data.list[0] === 1)).toBe(true);
        expect((await http.get('/a')).cache.fromCache).toBe(true);
        expect(await http.cache.count()).toBe(1);
      } finally {
        await http.cache.clear();
        await http.cache.close();
      }
    });
  });
});

import { faultyBackend } from '../helpers/faulty-backend.js';
import { describeChains, page, redirect } from './redirect-chain.js';

/** Holds answers back until they are let go. */
class Gate {
  readonly reached: Promise<void>;
  readonly opened: Promise<void>;
  reach: () => void = () => undefined;
  open: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.reach = resolve));
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}

describeChains('while a chain of redirects is under way', (chain) => {
  /** /a → /b → /c, of which the answer waits. */
  const underWay = async () => {
    const gate = new Gate();
    let isFirst = true;
    let content = 'old';
    chain().origin.handle(async ({ url }) => {
      if (url === '/a') return redirect('/b');
      if (url === '/b') return redirect('/c');
      const body = content;
      if (url === '/c' && isFirst) {
        isFirst = false;
        gate.reach();
        await gate.opened;
      }
      return page(body);
    });
    const http = chain().wrap();
    const pending = http.get<string>('/a');
    await gate.reached;
    const finish = async () => {
      content = 'new';
      gate.open();
      return pending;
    };
    return { http, finish, change: () => (content = 'new') };
  };

  it.each(['/a', '/b', '/c'])('a deletion of %s keeps its answer from being stored', async (url) => {
    const { http, finish } = await underWay();
    await http.cache.deleteUrl(url);
    const late = await finish();
    expect([late.data, late.cache.stored]).toEqual(['old', false]);
    expect(await chain().backend.count()).toBe(0);
    expect((await http.get('/a')).data).toBe('new');
  });

  it.each(['/a', '/b', '/c'])('so does a deletion of the key of %s', async (url) => {
    const { http, finish } = await underWay();
    await http.cache.delete({ requests: [{ url }] });
    expect((await finish()).cache.stored).toBe(false);
    expect(await chain().backend.count()).toBe(0);
  });

  it.each(['/a', '/b', '/c'])('so does an unsafe request to %s', async (url) => {
    const { http, finish } = await underWay();
    await http.put(url, 'x', { maxRedirects: 0, validateStatus: null });
    expect((await finish()).cache.stored).toBe(false);
    expect((await http.get('/c')).data).toBe('new');
  });

  it('a deletion of another URL does not', async () => {
    const { http, finish } = await underWay();
    await http.cache.deleteUrl('/d');
    expect((await finish()).cache.stored).toBe(true);
    expect((await http.get('/c')).cache.hit).toBe(true);
  });

  it('a newer answer to a later URL stays', async () => {
    const { http, finish, change } = await underWay();
    change();
    chain().bench.pass(1);
    expect((await http.get('/c')).data).toBe('new');
    expect((await finish()).data).toBe('old');
    expect((await http.get('/c')).data).toBe('new');
  });

  it('an older answer to a later URL does not take the place of what it brought', async () => {
    const gate = new Gate();
    chain().origin.handle(async ({ url }, count) => {
      if (url === '/a') return redirect('/b');
      if (count > 1) return page('new');
      gate.reach();
      await gate.opened;
      return page('old');
    });
    const http = chain().wrap();
    const older = http.get<string>('/b');
    await gate.reached;
    expect((await http.get<string>('/a')).data).toBe('new');
    gate.open();
    expect((await older).data).toBe('old');
    const hit = await http.get('/b');
    expect([hit.cache.hit, hit.data]).toEqual([true, 'new']);
  });

  it('those who wait for it are told of the redirects, too', async () => {
    const { http, finish } = await underWay();
    const waiting = http.get<string>('/a');
    const first = await finish();
    const second = await waiting;
    expect(second.cache.history).toHaveLength(2);
    expect(second.cache.history).toEqual(first.cache.history);
    expect(chain().origin.count('/a')).toBe(1);
  });

  it('deletions of URLs that it did not pass are forgotten with it', async () => {
    const { http, finish } = await underWay();
    for (let count = 0; count < 50; count++) await http.cache.deleteUrl(`/other/${count}`);
    await finish();
    // One that is sent after all of them is not kept from being stored.
    chain().route({ '/x': '/other/7', '/other/7': page('here') });
    expect((await http.get('/x')).cache.stored).toBe(true);
    expect((await http.get('/other/7')).cache.hit).toBe(true);
  });
});

describeChains('a deletion while what redirects led to is being stored', (chain) => {
  it.each(['/a', '/b'])('of %s leaves nothing of it', async (url) => {
    chain().route({ '/a': '/b', '/b': page('here') });
    let deleting: Promise<number> | undefined;
    const backend = faultyBackend(chain().backend, (method) => {
      // After the response itself, before any pointer to it.
      if (method === 'put' && (puts += 1) === 2) deleting = http.cache.deleteUrl(url);
      return undefined;
    });
    let puts = 0;
    const http = chain().wrap('axios', { backend });
    await http.get('/a');
    expect(deleting).toBeDefined();
    await deleting;
    expect((await http.get('/a', { cache: { onlyIfCached: true }, validateStatus: null })).status).toBe(504);
    expect((await http.get('/b', { cache: { onlyIfCached: true }, validateStatus: null })).status).toBe(504);
  });
});

describeChains('redirects, when storage fails', (chain) => {
  it.each(['get', 'put', 'delete', 'scan', 'deleteResource'] as const)(
    'in %s, are followed as without a cache',
    async (failing) => {
      let isFailing = false;
      const backend = faultyBackend(chain().backend, (method) => {
        if (isFailing && method === failing) throw new Error('disk on fire');
        return undefined;
      });
      chain().route({ '/a': '/b', '/b': page('here'), '/c': '/b' });
      const http = chain().wrap('axios', { backend });
      await http.get('/a');
      isFailing = true;
      for (const url of ['/a', '/b', '/c']) expect((await http.get(url)).data).toBe('here');
      expect((await http.put('/b', 'x')).status).toBe(200);
      isFailing = false;
      expect((await http.get('/a')).data).toBe('here');
    },
  );
});

import { type Backend } from '../../lib/index.js';
import { describeOnBackends } from './fixture.js';
import { aRecord } from '../../lib/backend-suite/records.js';

/** Watches a backend: what each call of some of its methods gave, in order. */
function watched(backend: Backend, calls: [string, unknown][]): Backend {
  return new Proxy(backend, {
    get(target, name: keyof Backend) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...values: unknown[]) => {
        const result: unknown = member.apply(target, values);
        if (name !== 'prune' && name !== 'count') return result;
        return Promise.resolve(result).then((value) => {
          calls.push([name, value]);
          return value;
        });
      };
    },
  });
}

describeOnBackends('removeExpired in steps', (fixture) => {
  async function fill(records: number, pointers: number): Promise<void> {
    const { backend, clock } = fixture();
    const retainUntil = clock.now() - 1;
    for (let index = 0; index < records; index++) {
      await backend.put(aRecord({ key: `key ${index}`, createdAt: 1, retainUntil }));
    }
    for (let index = 0; index < pointers; index++) {
      await backend.put(aRecord({ key: `pointer ${index}`, createdAt: -1, retainUntil }));
    }
    await backend.put(aRecord({ key: 'kept', createdAt: 1, retainUntil: undefined }));
  }

  it('deletes 500 at a time, lets other work run between, and counts what redirects have left only twice', async () => {
    const calls: [string, unknown][] = [];
    await fill(1300, 7);
    const http = fixture().cached({ backend: watched(fixture().backend, calls) });
    let turns = 0;
    const count = (): void => void (turns++, (immediate = setImmediate(count)));
    let immediate = setImmediate(count);
    const removed = await http.cache.removeExpired();
    clearImmediate(immediate);
    expect(removed).toBe(1300);
    expect(calls).toEqual([
      ['count', 7],
      ['prune', 500],
      ['prune', 500],
      ['prune', 307],
      ['count', 0],
    ]);
    expect(turns).toBeGreaterThanOrEqual(2);
    expect(await fixture().backend.count()).toBe(1);
  });

  it('counts once where redirects have left nothing, or nothing was removed', async () => {
    const calls: [string, unknown][] = [];
    await fill(3, 0);
    const http = fixture().cached({ backend: watched(fixture().backend, calls) });
    expect(await http.cache.removeExpired()).toBe(3);
    expect(await http.cache.removeExpired()).toBe(0);
    expect(calls.map(([name]) => name)).toEqual(['count', 'prune', 'count', 'prune']);
  });
});

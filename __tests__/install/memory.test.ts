import { execFileSync } from 'node:child_process';
import { compileLib, type CompiledLib } from '../helpers/compiled-lib.js';

jest.setTimeout(180_000);

let lib: CompiledLib;
beforeAll(() => {
  lib = compileLib();
});
afterAll(() => lib.remove());

/** Runs a program with `--expose-gc` that has the library as `library`, axios, and a `url`; gives what it reports. */
function run(program: string): unknown {
  const source = `
    const library = require(${JSON.stringify(lib.modulePath('index'))});
    const axios = require('axios');
    const { createServer } = require('node:http');
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const collect = async () => { for (let round = 0; round < 5; round += 1) { gc(); await turn(); await turn(); } };
    const heap = async () => { await collect(); return process.memoryUsage().heapUsed; };
    let asked = 0;
    const server = createServer((_request, response) => response.end(String(++asked)));
    server.listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port + '/';
      const report = await (async () => { ${program} })();
      server.close();
      server.closeAllConnections();
      console.log(JSON.stringify(report));
    });`;
  const options = { encoding: 'utf8', cwd: lib.directory, timeout: 120_000 } as const;
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', '-e', source], options));
}

describe('instances that are made while a cache is installed', () => {
  it('are collected when nobody has them any more, also those that have sent requests', () => {
    const report = run(`
      library.installCache({ backend: 'memory' });
      const kept = axios.create();
      const made = await (async () => {
        const parent = axios.create();
        const instances = [axios.create(), parent, parent.create(), kept];
        for (const http of instances) {
          await http.get(url);
          await http.cache.count();
        }
        return instances.map((http) => new WeakRef(http));
      })();
      await collect();
      const alive = made.map((reference) => reference.deref() !== undefined);
      const fromCache = (await kept.get(url)).cache.fromCache;
      await library.uninstallCache();
      return { alive, fromCache, asked };
    `);
    expect(report).toEqual({ alive: [false, false, false, true], fromCache: true, asked: 1 });
  });

  it('leave nothing behind: the heap does not grow with the number of them', () => {
    const { grown, perRound } = run(`
      library.installCache({ backend: 'memory' });
      const perRound = 20_000;
      const make = async (count) => {
        for (let made = 0; made < count; made += 1) {
          const http = axios.create({ baseURL: url });
          if (made % 100 === 0) await http.get('/');
          if (made % 2_000 === 0) await collect();
        }
      };
      await make(2_000);
      const heaps = [await heap()];
      for (let round = 0; round < 3; round += 1) {
        await make(perRound);
        heaps.push(await heap());
      }
      await library.uninstallCache();
      return { grown: heaps.slice(1).map((bytes, round) => bytes - heaps[round]), perRound };
    `) as { readonly grown: readonly number[]; readonly perRound: number };
    // An instance takes several kilobytes, a forgotten WeakRef about forty bytes, in each round. The engine’s own affairs,
    // such as code that it compiles anew or throws away, come in one round or another: the second least is without them.
    const [, typical = Infinity] = grown.map((bytes) => bytes / perRound).sort((one, other) => one - other);
    expect(typical).toBeLessThan(20);
  });

  it('do not keep what was installed alive after it is gone', () => {
    const report = run(`
      const kept = [];
      const caches = await (async () => {
        const references = [];
        for (let round = 0; round < 3; round += 1) {
          references.push(new WeakRef(library.installCache({ backend: 'memory' })));
          const http = axios.create();
          await http.get(url);
          kept.push(http);
          await library.uninstallCache();
        }
        return references;
      })();
      await collect();
      await axios.get(url);
      await collect();
      return { alive: caches.map((reference) => reference.deref() !== undefined), kept: kept.length, asked };
    `);
    expect(report).toEqual({ alive: [false, false, false], kept: 3, asked: 4 });
  });
});

describe('enabled', () => {
  it('keeps no cache alive, neither by the context of what is left running nor by instances', () => {
    const report = run(`
      const left = [];
      const kept = [];
      const references = [];
      for (let round = 0; round < 3; round += 1) {
        await library.enabled({ backend: 'memory' }, async () => {
          await axios.get(url);
          kept.push(axios.create());
          references.push(new WeakRef(library.getCache()));
          left.push(setInterval(() => undefined, 1_000));
        });
      }
      await collect();
      const alive = references.map((reference) => reference.deref() !== undefined);
      left.forEach(clearInterval);
      return { alive, kept: kept.length, asked };
    `);
    expect(report).toEqual({ alive: [false, false, false], kept: 3, asked: 3 });
  });
});

describe('a process that has used all of this', () => {
  it('ends by itself', () => {
    const report = run(`
      library.installCache({ backend: 'memory' });
      await library.enabled({ backend: 'memory' }, () => axios.get(url));
      await library.disabled(() => axios.get(url));
      await axios.create().get(url);
      return asked;
    `);
    expect(report).toBe(3);
  });
});

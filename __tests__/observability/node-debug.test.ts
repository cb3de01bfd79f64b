import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type CompiledLib, compileLib } from '../helpers/compiled-lib.js';

const SCRIPT = `
  const axios = require('axios');
  const { withCache } = require(process.argv[1]);
  const http = withCache(axios.create({ adapter: async (config) => ({ data: 'abc', status: 200, statusText: '', headers: {}, config }) }), { backend: 'memory' });
  (async () => {
    await http.get('http://user:pass@localhost/a?token=secret');
    await http.get('http://user:pass@localhost/a?token=secret');
    await http.put('http://localhost/a');
  })();`;

let lib: CompiledLib;
beforeAll(() => {
  lib = compileLib();
});
afterAll(() => lib.remove());

async function printed(section: string): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, lib.modulePath('index')], {
    env: { ...process.env, NODE_DEBUG: section },
    cwd: lib.directory,
  });
  return stderr.replace(/ \d+: /g, ': ');
}

it('NODE_DEBUG prints what happens, a line for each event, and no secrets', async () => {
  expect((await printed('axios-persistent-cache')).split('\n')).toEqual([
    'AXIOS-PERSISTENT-CACHE: miss GET http://localhost/a?token=REDACTED: nothing is stored; stored: never expires (session)',
    'AXIOS-PERSISTENT-CACHE: store GET http://localhost/a?token=REDACTED: 200, 3 bytes, never expires',
    'AXIOS-PERSISTENT-CACHE: hit GET http://localhost/a?token=REDACTED: never expires',
    'AXIOS-PERSISTENT-CACHE: bypass PUT http://localhost/a: method PUT is not in allowableMethods',
    '',
  ]);
});

it('another section prints nothing', async () => {
  expect(await printed('http2')).toBe('');
});

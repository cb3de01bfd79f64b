import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { compileLib } from './compiled-lib.js';

describe('compileLib', () => {
  it('gives modules that plain Node loads, and removes them again', () => {
    const lib = compileLib();
    const script = `const { suggest } = require(${JSON.stringify(lib.modulePath('options'))});
      process.stdout.write(suggest('max_bites', ['maxBytes']))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'maxBytes', stderr: '' });
    lib.remove();
    expect(existsSync(lib.directory)).toBe(false);
  });
});

import { type HttpCacheError, MissingPackageError, PackageLoadError } from '../lib/errors.js';
import { loadOptionalPackage } from '../lib/optional-package.js';

const row = { backend: 'redis', packageName: '@scope/driver', range: '^4 || ^5' };

function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

async function errorFrom(error: unknown, alternative?: string): Promise<HttpCacheError> {
  const load = async (): Promise<unknown> => {
    throw error;
  };
  const wanted = alternative === undefined ? { ...row, load } : { ...row, alternative, load };
  return loadOptionalPackage(wanted).then(
    () => Promise.reject(new Error('it was loaded')),
    (rejection: HttpCacheError) => rejection,
  );
}

describe('loadOptionalPackage', () => {
  const driver = () => 'driver';

  it.each<[string, unknown, unknown]>([
    ['an ES module without a default export: the module', { connect: driver }, { connect: driver }],
    ['an ES module with a default export: that', { default: driver }, driver],
    [
      'CommonJS through import(): what it exports',
      { default: { connect: driver }, connect: driver },
      { connect: driver },
    ],
    [
      'CommonJS compiled from an ES module: its default export',
      { default: { __esModule: true, default: driver } },
      driver,
    ],
    [
      'such a one without a default export',
      { default: { __esModule: true, connect: driver } },
      { __esModule: true, connect: driver },
    ],
    ['an object that happens to have a member "default"', { default: { default: 1 } }, { default: 1 }],
    ['require of a function', driver, driver],
    [
      'an empty default export: the module',
      { default: undefined, connect: driver },
      { default: undefined, connect: driver },
    ],
  ])('gives for %s', async (_, module, expected) => {
    expect(await loadOptionalPackage({ ...row, load: () => Promise.resolve(module) })).toEqual(expected);
  });

  it.each([
    ['ESM', failure("Cannot find package '@scope/driver' imported from /app/x.mjs", 'ERR_MODULE_NOT_FOUND')],
    [
      'CommonJS',
      failure("Cannot find module '@scope/driver'\nRequire stack:\n- /app/x.js", 'MODULE_NOT_FOUND'),
    ],
    ['Jest', failure("Cannot find module '@scope/driver' from 'lib/x.ts'", 'MODULE_NOT_FOUND')],
  ])('is a missing package as %s says it: with the command to run', async (_, cause) => {
    const error = await errorFrom(cause, 'pass an open client as "client"');
    expect(error).toBeInstanceOf(MissingPackageError);
    expect(error).toMatchObject({
      code: 'ERR_CACHE_MISSING_PACKAGE',
      backend: 'redis',
      packageName: '@scope/driver',
      cause,
    });
    expect(error.message).toBe(
      'Backend "redis" needs the package "@scope/driver" (^4 || ^5), which is not installed. ' +
        'Run: npm install @scope/driver@"^4 || ^5". Or pass an open client as "client".',
    );
  });

  it.each([
    [
      'a dependency of it is missing (CommonJS)',
      failure(
        "Cannot find module 'bindings'\nRequire stack:\n- /app/node_modules/@scope/driver/index.js",
        'MODULE_NOT_FOUND',
      ),
    ],
    [
      'a dependency of it is missing (ESM)',
      failure(
        "Cannot find package 'bindings' imported from /app/node_modules/@scope/driver/index.js",
        'ERR_MODULE_NOT_FOUND',
      ),
    ],
    ['a part of it is missing', failure("Cannot find module '@scope/driver/lib/x'", 'MODULE_NOT_FOUND')],
    [
      'a package of a similar name is missing',
      failure("Cannot find module '@scope/driver-extra'", 'MODULE_NOT_FOUND'),
    ],
    ['it throws while it is loaded', failure('boom')],
    ['it says by its own error that it needs itself', failure("Cannot find module '@scope/driver'")],
    ['it throws something that is no error', 'boom'],
    ['it throws null', null],
  ])('is a load error when %s: nobody is told to install it again', async (_, cause) => {
    const error = await errorFrom(cause);
    expect(error).toBeInstanceOf(PackageLoadError);
    expect(error).toMatchObject({ code: 'ERR_CACHE_PACKAGE_LOAD', packageName: '@scope/driver', cause });
    expect(error.message).not.toContain('npm install');
    expect(error.message).toContain('^4 || ^5');
  });

  it.each([
    failure('Could not locate the bindings file. Tried:\n → /app/build/driver.node'),
    failure('The module was compiled against a different Node.js version using\nNODE_MODULE_VERSION 108.'),
    failure('libfoo.so.1: cannot open shared object file', 'ERR_DLOPEN_FAILED'),
    failure('/app/driver.node: invalid ELF header'),
  ])('tells to rebuild a package whose compiled part does not fit: %s', async (cause) => {
    const error = await errorFrom(cause, 'use Node 22.13 or later');
    expect(error.code).toBe('ERR_CACHE_PACKAGE_LOAD');
    expect(error.message).toContain('Run: npm rebuild @scope/driver. Or use Node 22.13 or later.');
  });

  it.each([
    [
      'a sentence over several lines: all of it',
      "The module '/app/driver.node'\nwas compiled against a different Node.js version using\n" +
        'NODE_MODULE_VERSION 108. This version of Node.js requires\nNODE_MODULE_VERSION 115.',
      "The module '/app/driver.node' was compiled against a different Node.js version using " +
        'NODE_MODULE_VERSION 108. This version of Node.js requires NODE_MODULE_VERSION 115',
    ],
    [
      'a list after the sentence: only the sentence',
      'Could not locate the bindings file. Tried:\n → /app/driver.node\n → /app/build/driver.node',
      'Could not locate the bindings file. Tried:',
    ],
    [
      'who required it: not that',
      "Cannot find module 'bindings'\r\nRequire stack:\r\n- /app/x.js",
      "Cannot find module 'bindings'",
    ],
    ['a stack: not that', 'boom\n    at load (/app/x.js:1:1)', 'boom'],
    ['a very long one: 300 characters of it', 'x'.repeat(301), `${'x'.repeat(297)}...`],
  ])('quotes a cause that is %s', async (_, cause, quoted) => {
    const { message } = await errorFrom(failure(cause));
    expect(message).toContain(`is installed but could not be loaded: ${quoted}. `);
  });

  it('asks the package anew each time', async () => {
    const answers = [Promise.reject(failure('boom')), Promise.resolve(driver)];
    const wanted = { ...row, load: () => answers.shift() ?? Promise.resolve() };
    await expect(loadOptionalPackage(wanted)).rejects.toThrow(PackageLoadError);
    await expect(loadOptionalPackage(wanted)).resolves.toBe(driver);
  });

  it.each([
    [
      'Node',
      failure('A dynamic import callback was not specified.', 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING'),
    ],
    ['Node, as under Jest', failure('…', 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG')],
    ['Jest', failure('You need to run with a version of node that supports ES Modules in the VM API.')],
  ])('requires the package where there is no import(), in the words of %s', async (_, cause) => {
    const wanted = { ...row, packageName: 'yaml', load: () => Promise.reject(cause) };
    expect(await loadOptionalPackage(wanted)).toBe(jest.requireActual('yaml'));
    await expect(loadOptionalPackage({ ...wanted, packageName: 'no-such-package' })).rejects.toThrow(
      MissingPackageError,
    );
  });
});

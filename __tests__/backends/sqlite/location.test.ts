import os from 'node:os';
import { databasePath, isInMemory, validateCacheName } from '../../../lib/backends/sqlite/location.js';
import { InvalidOptionError } from '../../../lib/errors.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import {
  cacheDirectory,
  currentSurroundings,
  type Surroundings,
  temporaryDirectory,
} from '../../../lib/storage/location.js';

const linux: Surroundings = {
  platform: 'linux',
  env: {},
  homeDir: '/home/ada',
  tempDir: '/tmp',
  user: '1000',
  workingDir: '/srv/app',
};

describe('the path of the database', () => {
  it.each<[string, SqliteOptions, string]>([
    ['demo', {}, '/srv/app/demo.sqlite'],
    ['demo.sqlite', {}, '/srv/app/demo.sqlite'],
    ['demo.db', {}, '/srv/app/demo.db'],
    ['caches/demo', {}, '/srv/app/caches/demo.sqlite'],
    ['../demo', {}, '/srv/demo.sqlite'],
    ['/var/cache/demo', {}, '/var/cache/demo.sqlite'],
    ['/var/cache/demo.db', { useCacheDir: true, useTemp: true }, '/var/cache/demo.db'],
    ['~/demo', {}, '/home/ada/demo.sqlite'],
    ['~/demo', { useTemp: true }, '/home/ada/demo.sqlite'],
    ['~ada/demo', {}, '/srv/app/~ada/demo.sqlite'],
    ['demo', { useTemp: true }, '/tmp/axios-persistent-cache-1000/demo.sqlite'],
    ['my/demo.db', { useTemp: true }, '/tmp/axios-persistent-cache-1000/my/demo.db'],
    ['demo', { useCacheDir: true }, '/home/ada/.cache/demo.sqlite'],
    ['my/demo', { useCacheDir: true, useTemp: true }, '/home/ada/.cache/my/demo.sqlite'],
    ['demo', { useCacheDir: false, useTemp: false }, '/srv/app/demo.sqlite'],
  ])('of %j with %j is %s', (cacheName, options, expected) => {
    expect(databasePath(cacheName, options, linux)).toBe(expected);
  });
});

describe('the directory for temporary caches', () => {
  it.each([
    ['1000', '/tmp/axios-persistent-cache-1000'],
    ['ada.lovelace', '/tmp/axios-persistent-cache-ada.lovelace'],
    ['../ada l', '/tmp/axios-persistent-cache-.._ada_l'],
  ])('of the user %j is %s', (user, expected) => {
    expect(temporaryDirectory({ ...linux, user })).toBe(expected);
  });

  it('is that of the user who runs the process, by name where users have no numbers', () => {
    const number = jest.spyOn(process, 'geteuid').mockReturnValue(4711);
    expect(currentSurroundings().user).toBe('4711');
    number.mockReturnValue(undefined as unknown as number);
    expect(currentSurroundings().user).toBe(os.userInfo().username);
    number.mockRestore();
  });
});

describe('the cache directory', () => {
  it.each<[NodeJS.Platform, Surroundings['env'], string]>([
    ['linux', {}, '/home/ada/.cache'],
    ['linux', { XDG_CACHE_HOME: '/fast/cache' }, '/fast/cache'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/ada/.cache'],
    ['linux', { XDG_CACHE_HOME: '' }, '/home/ada/.cache'],
    ['freebsd', {}, '/home/ada/.cache'],
    ['darwin', { XDG_CACHE_HOME: '/fast/cache' }, '/home/ada/Library/Caches'],
    ['win32', { LOCALAPPDATA: '/users/ada/local' }, '/users/ada/local'],
    ['win32', {}, '/home/ada/AppData/Local'],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(cacheDirectory({ ...linux, platform, env })).toBe(expected);
  });
});

describe('a cache name', () => {
  it.each(['a\0b', 'file:demo?mode=memory', 'FILE:demo'])('%j is rejected', (cacheName) => {
    expect(() => validateCacheName(cacheName)).toThrow(InvalidOptionError);
  });

  it('means memory when it says so', () => {
    expect(isInMemory(':memory:', {})).toBe(true);
    expect(isInMemory('demo', { useMemory: true })).toBe(true);
    expect(isInMemory('memory', { useMemory: false })).toBe(false);
  });
});

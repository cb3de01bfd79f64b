import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { callExport } from './call-export.js';

describe('a call that cannot be carried out fails before anything is installed or run, with one line', () => {
  it.each([
    [
      ['--against', 'undici,nonesuch'],
      /^conformance: there is no rival "nonesuch"; known are .*axios-cache-interceptor/,
    ],
    [['--against', 'got:nonesuch'], /^conformance: there is no rival "got:nonesuch"/],
    [['--against', 'memory'], /^conformance: there is no rival "memory"/],
    [['--backend', 'undici'], /^conformance: there is no backend "undici"; known are memory, sqlite/],
    [['--nonesuch'], /^conformance: .*--nonesuch/],
  ])('%j', (args, line) => {
    const run = spawnSync(process.execPath, [path.join(__dirname, 'run.mjs'), ...args], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(line);
    expect(run.stderr.trimEnd()).not.toContain('\n');
  });
});

describe('the release of a rival is the newest that runs on the Node in use', () => {
  it.each([
    ['undici', '20.18.1', { undici: '7.30.2' }],
    ['undici', '22.18.9', { undici: '7.30.2' }],
    ['undici', '22.19.0', { undici: '8.12.4' }],
    ['undici', '24.0.0', { undici: '8.12.4' }],
    ['undici', '100.0.0-nightly', { undici: '8.12.4' }],
    ['got', '20.20.2', { got: '14.6.6' }],
    ['got', '22.0.0', { got: '16.1.0' }],
  ])('%s on Node %s', (rival, nodeVersion, packages) => {
    expect(callExport('rivals/pins.mjs', 'packagesOf', rival, nodeVersion)).toEqual(packages);
  });

  it('says so where there is none', () => {
    expect(() => callExport('rivals/pins.mjs', 'packagesOf', 'undici', '20.18.0')).toThrow(
      /undici needs Node 20\.18\.1 or later; this is 20\.18\.0/,
    );
  });
});

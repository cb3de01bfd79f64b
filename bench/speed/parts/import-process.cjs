// node import-process.cjs axios|both: prints what the require took, and which drivers it has loaded.
const { performance } = require('node:perf_hooks');

const start = performance.now();
require('axios');
if (process.argv[2] === 'both') require('axios-persistent-cache');
const ms = performance.now() - start;

const { driversIn } = require('./drivers.cjs');
process.stdout.write(JSON.stringify({ ms, drivers: driversIn(Object.keys(require.cache)) }));

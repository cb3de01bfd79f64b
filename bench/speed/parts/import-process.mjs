// node import-process.mjs axios|both: prints what the import took, and which drivers it has loaded.
import { createRequire } from 'node:module';

const start = performance.now();
await import('axios');
if (process.argv[2] === 'both') await import('axios-persistent-cache');
const ms = performance.now() - start;

const require = createRequire(import.meta.url);
// What the hooks tell arrives later.
await new Promise((resolve) => setTimeout(resolve, globalThis.importedUrls === undefined ? 0 : 200));
const { driversIn } = require('./drivers.cjs');
const drivers = driversIn([...Object.keys(require.cache), ...(globalThis.importedUrls ?? [])]);
process.stdout.write(JSON.stringify({ ms, drivers, imported: globalThis.importedUrls?.length }));

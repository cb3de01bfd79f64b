// Uses a backend of the built library, closes it when its input ends, and should then end by itself. Arguments: name, URL.
import { initBackend } from 'axios-persistent-cache';

const [name, url] = process.argv.slice(2);
const backend = initBackend('closing', name, { url, operationTimeout: 1000 });
await backend.count();
process.stdout.write('open\n');
process.stdin.resume().once('end', async () => {
  process.stdin.unref?.();
  // One that is under way, too.
  const reading = Promise.resolve(backend.get('key')).catch(() => undefined);
  await Promise.resolve(backend.close()).catch(() => undefined);
  await reading;
});

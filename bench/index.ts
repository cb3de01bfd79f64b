/**
 * Measures:
 *
 *     npm run bench -- backends [--only memory,sqlite] [--entries 100000] [--rounds 15]
 *     npm run bench -- serializers [--rounds 15]
 */
import { benchBackends } from './backends/index.js';
import { benchSerializers } from './serializers.js';

const PARTS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  backends: benchBackends,
  serializers: benchSerializers,
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part === undefined) throw new Error(`Say what to measure: ${Object.keys(PARTS).join(', ')}`);
  await part(args);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

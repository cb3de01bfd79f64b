/**
 * Measures; what there is is said by `npm run bench`, and explained in `bench/README.md`.
 */
import { benchBackends } from './backends/index.js';
import { benchSerializers } from './serializers.js';
import { benchSpeed } from './speed/index.js';

interface Part {
  readonly run: (args: readonly string[]) => Promise<void>;
  readonly usage: string;
}

const PARTS: Readonly<Record<string, Part>> = {
  speed: {
    run: benchSpeed,
    usage:
      '[--only hits,misses,…] [--rounds 21] [--entries 100000] [--rivals none] [--servers none] [--publish]',
  },
  backends: { run: benchBackends, usage: '[--only memory,sqlite,…] [--entries 100000] [--rounds 15]' },
  serializers: { run: benchSerializers, usage: '[--rounds 15]' },
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part === undefined) {
    console.error('Say what to measure (bench/README.md says more):');
    for (const [each, { usage }] of Object.entries(PARTS))
      console.error(`  npm run bench -- ${each} ${usage}`);
    process.exitCode = 1;
    return;
  }
  await part.run(args);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

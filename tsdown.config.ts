import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'lib/index.ts', 'backend-suite': 'lib/backend-suite/index.ts' },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  // What is tagged @internal is no part of the declarations.
  dts: { compilerOptions: { stripInternal: true } },
  fixedExtension: true,
  sourcemap: false,
  clean: true,
});

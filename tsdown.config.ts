import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['lib/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  // What is tagged @internal is no part of the declarations.
  dts: { compilerOptions: { stripInternal: true } },
  fixedExtension: true,
  sourcemap: false,
  clean: true,
});

import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['lib/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  dts: true,
  fixedExtension: true,
  sourcemap: false,
  clean: true,
});

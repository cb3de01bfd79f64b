import { defineConfig } from 'tsdown';

/** What is loaded when it is needed: backends, but for what checks their options; and what other entries have for themselves. */
const LOADED_LATER =
  /[\\/]lib[\\/](?:backend-suite[\\/]|backends[\\/](?:index\.ts|memory\.ts|\w+[\\/](?!(?:options|location|names)\.ts)))/;

export default defineConfig({
  entry: {
    index: 'lib/index.ts',
    backends: 'lib/backends/index.ts',
    'backend-suite': 'lib/backend-suite/index.ts',
  },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  // What is tagged @internal is no part of the declarations.
  dts: { compilerOptions: { stripInternal: true } },
  fixedExtension: true,
  sourcemap: false,
  clean: true,
  // Every program that imports it has to read it first. Names in stack traces and errors stay.
  minify: {
    compress: { keepNames: { function: true, class: true } },
    mangle: { toplevel: false, keepNames: { function: true, class: true } },
    codegen: { removeWhitespace: true },
  },
  outputOptions: {
    // They are read with the rest of each file, and the declarations have them.
    comments: { jsdoc: false },
    codeSplitting: {
      // One file for all that the main entry needs at once: each file costs time to find and link.
      groups: [
        { name: 'errors', test: (id) => /[\\/]lib[\\/]errors\.ts$/.test(id), priority: 1 },
        {
          name: 'core',
          test: (id) => !id.endsWith('.d.ts') && /[\\/]lib[\\/]/.test(id) && !LOADED_LATER.test(id),
        },
      ],
    },
  },
});

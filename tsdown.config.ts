import { defineConfig, type UserConfig } from 'tsdown';
import { licenses } from './.ci/licenses.mjs';
import { reportClient } from './.ci/report-client.mjs';

/** What is loaded when it is needed: backends, but for what checks their options; explanations, recordings, what rewrites whole stores; and what other entries have for themselves. */
const LOADED_LATER =
  /[\\/]lib[\\/](?:backend-suite[\\/]|cache[\\/]explanation|recordings[\\/]|maintenance[\\/](?:rewriting|recreate)|backends[\\/](?:index\.ts|memory\.ts|\w+[\\/](?!(?:options|location|names)\.ts)))/;

const COMMON = {
  platform: 'node',
  target: 'node20',
  fixedExtension: true,
  sourcemap: false,
  clean: true,
  // Every program that imports it has to read it first. Names in stack traces and errors stay.
  minify: {
    compress: { keepNames: { function: true, class: true } },
    mangle: { toplevel: false, keepNames: { function: true, class: true } },
    codegen: { removeWhitespace: true },
  },
} satisfies UserConfig;

const LIBRARY = {
  ...COMMON,
  entry: {
    index: 'lib/index.ts',
    backends: 'lib/backends/index.ts',
    'backend-suite': 'lib/backend-suite/index.ts',
  },
  format: ['esm', 'cjs'],
  // What is tagged @internal is no part of the declarations.
  dts: { compilerOptions: { stripInternal: true } },
  // What is imported when it is needed stays in files of its own: merged into the others, it would be read with them.
  inputOptions: { experimental: { chunkOptimization: false } },
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
} satisfies UserConfig;

/** Modules that are a part of the report's script. */
const inReport: string[] = [];

/**
 * The command line has all that it needs for itself: it does not load axios, and the library is not cut into other files for its
 * sake, which would make the main entry slower to import.
 */
const COMMAND_LINE = {
  ...COMMON,
  entry: { cli: 'lib/cli/main.ts' },
  format: ['esm'],
  dts: false,
  deps: { onlyBundle: false },
  outputOptions: { comments: false, chunkFileNames: 'cli-[name]-[hash].mjs' },
  plugins: [
    reportClient((modules: readonly string[]) => void inReport.push(...modules)),
    licenses('cli-licenses.txt', inReport),
  ],
} satisfies UserConfig;

export default defineConfig([LIBRARY, COMMAND_LINE]);

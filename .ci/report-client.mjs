// A plugin of the build: `virtual:report-client` is the script of the command line's report as a text, bundled for browsers
// with those parts of Chart.js that it uses.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ID = 'virtual:report-client';
const CLIENT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../lib/cli/report/client.ts');

/** @param onModules is told of what has become a part of the text */
export function reportClient(onModules) {
  return {
    name: 'report-client',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      const bundle = await rolldown({ input: CLIENT, platform: 'browser', logLevel: 'silent' });
      const { output } = await bundle.generate({ format: 'iife', minify: true, comments: false });
      await bundle.close();
      const [{ code, moduleIds }] = output;
      onModules(moduleIds);
      // Nothing in it may end the element of the page that it stands in.
      return `export default ${JSON.stringify(code.trim().replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--'))};`;
    },
  };
}

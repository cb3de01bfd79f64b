// A plugin of the build: writes the licences of all packages whose code is in what is published.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @param file written into the output folder; modules: further ones that are part of a text */
export function licenses(file, modules = []) {
  return {
    name: 'licenses',
    generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []));
      const directories = new Set([...ids, ...modules].map(directoryOf).filter((one) => one !== undefined));
      const texts = [...directories].sort().map(textOf);
      this.emitFile({ type: 'asset', fileName: file, source: `${INTRODUCTION}\n${texts.join('\n')}` });
    },
  };
}

const INTRODUCTION = 'The command line of axios-persistent-cache contains code of these packages.\n';

/** Of the package that a module belongs to; undefined: of our own. */
function directoryOf(id) {
  const [, directory] = /^(?:\0)?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id) ?? [];
  return directory;
}

function textOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  const files = readdirSync(directory).filter((one) => /^(licen[cs]e|copying|notice)/i.test(one));
  if (files.length === 0) throw new Error(`${name} has no licence that could be published with its code.`);
  const text = files.map((one) => readFileSync(path.join(directory, one), 'utf8').trim()).join('\n\n');
  return `${'-'.repeat(78)}\n${name} ${version} (${license})\n\n${text}\n`;
}

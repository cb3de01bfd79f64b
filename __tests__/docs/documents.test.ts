import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../helpers/built-package.js';
import { allDocuments, anchorsOf, codeBlocks, type Document, linksOf } from './documents.js';
import { type CheckedBlocks, checkBlocks } from './type-check.js';

jest.setTimeout(120_000);

const documents = allDocuments();
const blocks = documents.flatMap(codeBlocks);

function aDocument(text: string): Document {
  return { name: 'examples/guides/wrong.md', text };
}

function documentNamed(name: string): string {
  const found = documents.find((document) => document.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found.text;
}

describe('links between the documents', () => {
  /** Links that lead nowhere, as `file:line: target`. */
  function deadLinks(all: readonly Document[]): string[] {
    const byName = new Map(all.map((document) => [document.name, document]));
    return all.flatMap(linksOf).flatMap(({ document, line, target }) => {
      const [file = '', anchor] = target.split('#', 2) as [string, string?];
      const name = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
      const linked = byName.get(name);
      const isThere =
        (linked !== undefined || existsSync(path.join(PROJECT, name))) &&
        (anchor === undefined || linked === undefined || anchorsOf(linked).has(anchor));
      return isThere ? [] : [`${document}:${line}: ${target}`];
    });
  }

  it('lead to a file, and to a heading in it', () => {
    expect(documents.flatMap(linksOf).length).toBeGreaterThan(30);
    expect(deadLinks(documents)).toEqual([]);
  });

  it('are found, where they are wrong', () => {
    const wrong = aDocument(
      '# One\n\n[a](#one), [b](#two), [c](missing.md), [d](../../README.md#install), [e](../../README.md#no)\n' +
        '`[code](nowhere)` [web](https://example.com/)\n\n```md\n[in code](nowhere)\n```\n',
    );
    expect(deadLinks([...documents, wrong])).toEqual([
      'examples/guides/wrong.md:3: #two',
      'examples/guides/wrong.md:3: missing.md',
      'examples/guides/wrong.md:3: ../../README.md#no',
    ]);
  });
});

describe('commands in the documents', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  /** Of the commands that a document shows, those that are not there. */
  function unknownCommands(all: readonly Document[]): string[] {
    const shown = all.flatMap(({ name, text }) =>
      [
        ...text.matchAll(
          /npm run example -- ([a-z][\w-]*)|npm (?:run ([\w:.-]+)|(test)\b)|ts-node (\S+\.ts)/g,
        ),
      ].map(([command, example, script, test, file]) => ({
        name,
        command,
        example,
        script: script ?? test,
        file,
      })),
    );
    return shown
      .filter(({ script, file, example }) => {
        if (script !== undefined && scripts[script] === undefined) return true;
        if (file !== undefined && !existsSync(path.join(PROJECT, file))) return true;
        return example !== undefined && !existsSync(path.join(PROJECT, 'examples', `${example}.ts`));
      })
      .map(({ name, command }) => `${name}: ${command}`);
  }

  it('are scripts and files that there are', () => {
    expect(unknownCommands(documents)).toEqual([]);
  });

  it('are found, where they are wrong', () => {
    const wrong = aDocument(
      '```sh\nnpm test\nnpm run nothing\nnpx ts-node examples/none.ts\nnpm run example -- none\n```\n',
    );
    expect(unknownCommands([wrong])).toEqual([
      'examples/guides/wrong.md: npm run nothing',
      'examples/guides/wrong.md: ts-node examples/none.ts',
      'examples/guides/wrong.md: npm run example -- none',
    ]);
  });
});

describe('code in the documents', () => {
  const wrong = aDocument(
    'Text.\n\n```ts\nconst { data } = await http.get<string>(url);\ndata.trim();\nwithCache(axios.create(), { expire_after: 5 });\n```\n',
  );
  let checked: CheckedBlocks;
  beforeAll(() => {
    checked = checkBlocks([...blocks, ...codeBlocks(wrong)]);
  });

  it('compiles', () => {
    expect(checked.count).toBeGreaterThan(12);
    expect(checked.problems.filter((problem) => !problem.startsWith(wrong.name))).toEqual([]);
  });

  it('would be refused, with its file and line, if it did not', () => {
    expect(checked.problems.filter((problem) => problem.startsWith(wrong.name))).toEqual([
      expect.stringMatching(/^examples\/guides\/wrong\.md:6: TS\d+: .*expire_after/),
    ]);
  });

  it('says in what language it is', () => {
    expect(
      blocks.filter(({ language }) => language === '').map(({ document, line }) => `${document}:${line}`),
    ).toEqual([]);
  });

  describe('nothing that can be used is left out', () => {
    /** Names that a document does not have as code. */
    const missingIn = (document: string, names: readonly string[]): string[] => {
      const code = new Set(
        [...documentNamed(document).matchAll(/`[^`\n]+`/g)].flatMap(([span]) => span.match(/[\w$]+/g) ?? []),
      );
      return names.filter((name) => !code.has(name));
    };

    it.each([
      ['options', 'CacheOptions'],
      ['options', 'RequestCacheOptions'],
      ['responses', 'ResponseCacheInfo'],
      ['maintenance', 'HttpCache'],
      ['maintenance', 'DeleteConditions'],
    ])('in examples/guides/%s.md: the members of %s', (guide, type) => {
      const members = checked.membersOf(type);
      expect(members.length).toBeGreaterThan(5);
      expect(missingIn(`examples/guides/${guide}.md`, members)).toEqual([]);
    });

    it.each([['HttpCacheErrorCode'], ['CacheEventName'], ['SerializerName'], ['BackendName']])(
      'the names of %s',
      (type) => {
        const names = checked.textsOf(type);
        const guide = { SerializerName: 'serializers', BackendName: 'backends' }[type] ?? 'maintenance';
        expect(names.length).toBeGreaterThan(3);
        expect(missingIn(`examples/guides/${guide}.md`, names)).toEqual([]);
      },
    );

    it('in the indexes: each guide, and each example', () => {
      const guides = readdirSync(path.join(PROJECT, 'examples/guides')).filter((name) =>
        name.endsWith('.md'),
      );
      const examples = readdirSync(path.join(PROJECT, 'examples')).filter((name) => name.endsWith('.ts'));
      const index = documentNamed('examples/README.md');
      for (const name of [...guides.map((guide) => `guides/${guide}`), ...examples]) {
        expect(index).toContain(`](${name})`);
      }
      for (const guide of guides) expect(documentNamed('README.md')).toContain(`](examples/guides/${guide})`);
    });
  });
});

describe('figures in the README', () => {
  const readme = documentNamed('README.md');

  it('have the place where the bench writes what was measured', () => {
    // As in bench/speed/report/publish.mjs.
    expect(readme).toMatch(
      /<!-- measured by npm run bench -->\n\nMeasured on \d{4}-\d\d-\d\d by [^]*?\n\n<!-- end -->/,
    );
    expect(readme).toContain('](bench/speed.svg)');
  });

  it('of RFC 9111 leave out as many tests as are known to fail', () => {
    const ours = [
      ...readme.matchAll(
        /^\| \*\*axios-persistent-cache\*\* .*?\| \*\*(\d+)\*\* \/ (\d+) +\| \*\*(\d+)\*\* \/ (\d+) /gm,
      ),
    ];
    expect(ours).toHaveLength(2);
    const failures = readFileSync(path.join(PROJECT, '__tests__/http-tests/expected-failures.mjs'), 'utf8');
    const listed = [...failures.slice(failures.indexOf('Object.freeze({')).matchAll(/^ {2}'?[\w=*-]+'?:/gm)]
      .length;
    for (const [, required = 0, ofRequired = 0, optimal = 0, ofOptimal = 0] of ours.map((row) =>
      row.map(Number),
    )) {
      expect(ofRequired - required + (ofOptimal - optimal)).toBe(listed);
    }
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT } from '../helpers/built-package.js';

function yamlOf(file: string): unknown {
  return parse(readFileSync(path.join(PROJECT, '.github', file), 'utf8'));
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly on: object;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly steps: readonly Step[]; readonly strategy: { readonly matrix: Record<string, unknown[]> } }
    >
  >;
}

describe('the workflow for contributors', () => {
  const workflow = yamlOf('workflows/ci.yml') as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it('may read the repository, and nothing else', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    // What is merged is not run with the rights of the repository.
    expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request']);
  });

  it('tests all lines of Node that the package is for', () => {
    expect(workflow.jobs['linux']?.strategy.matrix).toEqual({ node: [20, 22, 24] });
  });

  it('uses actions by their major version', () => {
    const actions = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/);
  });

  it('runs what there is', () => {
    for (const { run = '' } of steps) {
      const [, script] = /^npm run ([\w:-]+)$/.exec(run) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      for (const [place] of run.matchAll(/(?:\.ci|__tests__)\/[\w/-]+/g)) {
        expect([place, existsSync(path.join(PROJECT, place))]).toEqual([place, true]);
      }
    }
  });
});

describe.each(['bug', 'feature'])('the form for issues %s.yml', (name) => {
  it('has a name, a description and fields with ids of their own', () => {
    const form = yamlOf(`ISSUE_TEMPLATE/${name}.yml`) as {
      name: string;
      description: string;
      body: readonly { type: string; id?: string; attributes: { label?: string; value?: string } }[];
    };
    expect([typeof form.name, typeof form.description]).toEqual(['string', 'string']);
    const fields = form.body.filter(({ type }) => type !== 'markdown');
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
    for (const { type, attributes } of form.body) {
      expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
      expect(attributes.label ?? attributes.value).toMatch(/\w/);
    }
  });
});

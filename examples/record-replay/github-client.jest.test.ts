import { GithubClient } from './github-client';
import { recorded } from './recorded';

describe('GithubClient', () => {
  it('knows how many stars a repository has', async () => {
    const client = new GithubClient(recorded('stars'));
    await expect(client.starsOf('octocat/hello-world')).resolves.toBe(2741);
  });

  it('reports a problem', async () => {
    const client = new GithubClient(recorded('report'));
    await expect(client.report('octocat/hello-world', 'It does not say hello')).resolves.toBe(3126);
  });

  it('waits for a run to end', async () => {
    const client = new GithubClient(recorded('run'));
    await expect(client.conclusionOf('octocat/hello-world', 42)).resolves.toBe('success');
  });

  it('says what is missing in the recordings', async () => {
    const client = new GithubClient(recorded('stars'));
    await expect(client.starsOf('octocat/spoon-knife')).rejects.toThrow(
      'URL: recorded https://api.github.com/repos/octocat/hello-world, asked https://api.github.com/repos/octocat/spoon-knife',
    );
  });
});

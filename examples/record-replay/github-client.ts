import { type AxiosInstance } from 'axios';

/** What the program under test does: it asks an API, by an instance that it is given. */
export class GithubClient {
  readonly #http: AxiosInstance;

  constructor(http: AxiosInstance) {
    this.#http = http;
  }

  async starsOf(repository: string): Promise<number> {
    const { data } = await this.#http.get<{ stargazers_count: number }>(`/repos/${repository}`);
    return data.stargazers_count;
  }

  /** @returns the number of the issue */
  async report(repository: string, title: string): Promise<number> {
    const { data } = await this.#http.post<{ number: number }>(`/repos/${repository}/issues`, { title });
    return data.number;
  }

  /** Waits for a run of a workflow. @returns how it ended */
  async conclusionOf(repository: string, run: number): Promise<string> {
    for (;;) {
      const { data } = await this.#http.get<{ status: string; conclusion: string }>(
        `/repos/${repository}/actions/runs/${run}`,
      );
      if (data.status === 'completed') return data.conclusion;
    }
  }
}

/**
 * A crawler with a progress bar that is stopped in the midst of its work, and goes on from where it was: what has been
 * fetched is in a file, and the second run asks the site for the rest only. Nothing in the crawler itself knows of that.
 *
 *     npm run example -- crawler
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import axios, { type AxiosInstance, isCancel } from 'axios';
import { Presets, SingleBar } from 'cli-progress';
import { withCache } from 'axios-persistent-cache';

const PAGES = 127;
const AT_ONCE = 8;

async function main(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'crawler-example-'));
  const site = await startSite();
  try {
    for (const [run, stopAfter] of [
      ['first run', 50],
      ['second run', Infinity],
      ['third run', Infinity],
    ] as const) {
      const http = withCache(axios.create({ baseURL: site.url, headers: { 'User-Agent': run } }), {
        cacheName: path.join(directory, 'site'),
        expireAfter: '1d',
        staleIfError: true,
      });
      const seen = await crawl(http, '/page/1', stopAfter);
      console.log(`${run}: ${seen} pages seen, ${site.askedBy(run)} requests to the site`);
      await http.cache.close();
    }
  } finally {
    site.server.close();
    rmSync(directory, { recursive: true });
  }
}

/** Follows all links from a page on. Resolves with how many pages it has seen when it is done, or stopped. */
async function crawl(http: AxiosInstance, start: string, stopAfter: number): Promise<number> {
  // Shows nothing where the output is no terminal.
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} pages {duration_formatted}' },
    Presets.shades_classic,
  );
  const stop = new AbortController();
  const found = new Set([start]);
  const waiting = [start];
  let seen = 0;
  let busy = 0;
  bar.start(found.size, 0);
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      while (busy < AT_ONCE && waiting.length > 0 && !stop.signal.aborted) {
        busy += 1;
        void visit(waiting.shift() ?? '')
          .catch(reject)
          .finally(() => {
            busy -= 1;
            next();
          });
      }
      if (busy === 0) resolve();
    };
    const visit = async (page: string): Promise<void> => {
      try {
        const { data } = await http.get<string>(page, { signal: stop.signal });
        for (const [, link = ''] of data.matchAll(/href="([^"]+)"/g)) {
          if (!found.has(link)) waiting.push(link);
          found.add(link);
        }
      } catch (error) {
        if (isCancel(error)) return;
        throw error;
      }
      seen += 1;
      bar.setTotal(found.size);
      bar.update(seen);
      // As Ctrl+C would, in the midst of several requests.
      if (seen >= stopAfter) stop.abort();
    };
    next();
  });
  bar.stop();
  return seen;
}

/** Each page links to two others. */
async function startSite(): Promise<{ server: Server; url: string; askedBy: (agent: string) => number }> {
  // By run, since a request that was given up may arrive late.
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const agent = request.headers['user-agent'] ?? '';
    asked.set(agent, (asked.get(agent) ?? 0) + 1);
    const number = Number(request.url?.split('/').pop());
    const links = [2 * number, 2 * number + 1].filter((page) => page <= PAGES);
    const list = links.map((page) => `<li><a href="/page/${page}">Page ${page}</a></li>`);
    response.setHeader('Content-Type', 'text/html');
    setTimeout(() => response.end(`<h1>Page ${number}</h1><ul>${list.join('')}</ul>`), 3);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, askedBy: (agent) => asked.get(agent) ?? 0 };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

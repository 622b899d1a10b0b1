// A crawler. An async generator gives addresses to the workers as soon as they are found; what the workers find goes back to it. It crawls a
// small server of its own, so that it needs no network.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isMain, Pool } from "../mod.ts";

const PAGES = 60;

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly links: readonly string[];
}

/** The target: fetches a page and finds its links. */
export async function visit(url: string): Promise<Page> {
  const response = await fetch(url);
  const links = [...(await response.text()).matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => new URL(link, url).href);
  return { url, status: response.status, links };
}

/** The addresses that are still to be visited. It is done once nothing is under way that could find more. */
class Frontier {
  readonly #known = new Set<string>();
  readonly #waiting: string[] = [];
  #open = 0;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  add(url: string): void {
    if (this.#known.has(url)) return;
    this.#known.add(url);
    this.#waiting.push(url);
    this.#open++;
    this.#news.resolve();
  }

  visited({ links }: Page): void {
    for (const link of links) this.add(link);
    this.#open--;
    this.#news.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    while (this.#open > 0) {
      const url = this.#waiting.shift();
      if (url !== undefined) yield url;
      else {
        this.#news = Promise.withResolvers();
        await this.#news.promise;
      }
    }
  }
}

/** A site whose page n links to 2n and 2n + 1, and back to the first page. Links beyond the last page lead nowhere. */
async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const page = Number(request.url?.slice(1));
    response.statusCode = page <= PAGES ? 200 : 404;
    response.end(page <= PAGES ? [1, 2 * page, 2 * page + 1].map((n) => `<a href="/${n}">${n}</a>`).join(" ") : "There is no such page.");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

if (isMain(import.meta)) {
  const server = await serve();
  const frontier = new Frontier();
  frontier.add(`http://127.0.0.1:${(server.address() as AddressInfo).port}/1`);
  const pool = new Pool({ processes: 2 });
  let [found, missing] = [0, 0];
  try {
    for await (const page of pool.imapUnordered(visit, frontier)) {
      frontier.visited(page);
      if (page.status === 200) found++;
      else missing++;
    }
    console.log(`${found} pages found, ${missing} links lead nowhere`);
  } finally {
    pool.terminate();
    await pool.join();
    server.close();
  }
}

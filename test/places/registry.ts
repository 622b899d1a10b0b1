import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a client of npm sends when it publishes a version, as far as it matters here. */
interface Published {
  readonly name: string;
  readonly versions: Readonly<Record<string, { dist: { tarball: string } }>>;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** A registry of npm on this machine: what was published to it can be installed from it, and nothing else. */
export class Registry {
  readonly #server: Server;
  /** By the name of a package: its document. By the path of an archive: the archive. */
  readonly #documents: Map<string, string> = new Map();
  readonly #archives: Map<string, Buffer> = new Map();

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  static async start(): Promise<Registry> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Registry(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** The lines of an `.npmrc` that make a client use this registry, and let it publish. */
  get settings(): string {
    return `registry=${this.url}\n${this.url.replace("http:", "")}:_authToken=anybody\n`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "", this.url).pathname).slice(1);
    if (request.method === "PUT") {
      let text = "";
      for await (const piece of request.setEncoding("utf8")) text += piece;
      this.#publish(JSON.parse(text) as Published);
      response.writeHead(201, { "content-type": "application/json" }).end("{}");
      return;
    }
    const archive = this.#archives.get(path);
    const document = this.#documents.get(path);
    if (archive !== undefined) response.writeHead(200, { "content-type": "application/octet-stream" }).end(archive);
    else if (document !== undefined) response.writeHead(200, { "content-type": "application/json" }).end(document);
    else response.writeHead(404, { "content-type": "application/json" }).end('{ "error": "not found" }');
  }

  #publish({ name, versions, "dist-tags": tags, _attachments }: Published): void {
    const [[file, { data }] = ["", { data: "" }]] = Object.entries(_attachments);
    const path = `${name}/-/${file.slice(file.lastIndexOf("/") + 1)}`;
    this.#archives.set(path, Buffer.from(data, "base64"));
    for (const { dist } of Object.values(versions)) dist.tarball = new URL(path, this.url).href;
    this.#documents.set(name, JSON.stringify({ name, versions, "dist-tags": tags, time: {} }));
  }
}

// A server that stands in for JSR, for the registry of npm, and for a host that has this package's modules as they are.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const root = realpathSync(fileURLToPath(new URL("../../", import.meta.url)));
const PACKAGE = "/@polyproc/polyproc";
const LEXER = "es-module-lexer";
/** What is published on JSR, as scripts/build-jsr.mjs builds it. */
const BUILT = join(root, ".jsr");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));

/** A program that the server has beside the package. */
export const PROGRAM = "test/programs/remote.ts";
const served = new Set(["mod.ts", PROGRAM, ...sources.map((path) => `src/${path}`)]);

interface Published {
  readonly exports: object;
  /** The texts of the package's files, as JSR serves them: names that deno.json resolves are replaced in imports. */
  readonly texts: ReadonlyMap<string, string>;
}

let published: Published | undefined;

function readPublished(): Published {
  if (!existsSync(BUILT)) execFileSync(process.execPath, [join(root, "scripts/build-jsr.mjs")]);
  const { exports, imports } = JSON.parse(readFileSync(join(BUILT, "deno.json"), "utf8"));
  const names = readdirSync(BUILT, { recursive: true, encoding: "utf8" }).filter((path) => /^(mod|src\/.*)\.(js|d\.ts)$/.test(path));
  const resolve = (all: string, name: string): string => (name in imports ? `import("${imports[name]}")` : all);
  const textOf = (name: string): string => readFileSync(join(BUILT, name), "utf8").replaceAll(/\bimport\("([^"]+)"\)/g, resolve);
  return { exports, texts: new Map(names.map((name) => [name, textOf(name)])) };
}

function jsr(path: string): string | undefined {
  if (!path.startsWith(PACKAGE)) return undefined;
  published ??= readPublished();
  const { exports, texts } = published;
  const text = texts.get(path.replace(`${PACKAGE}/0.1.0/`, ""));
  if (text !== undefined) return text;
  if (path === `${PACKAGE}/meta.json`) return JSON.stringify({ scope: "polyproc", name: "polyproc", versions: { "0.1.0": {} } });
  if (path !== `${PACKAGE}/0.1.0_meta.json`) return undefined;
  const entries = [...texts].map(([name, content]) => {
    const bytes = Buffer.from(content);
    return [`/${name}`, { size: bytes.length, checksum: `sha256-${createHash("sha256").update(bytes).digest("hex")}` }];
  });
  return JSON.stringify({ manifest: Object.fromEntries(entries), exports });
}

function npm(path: string, host: string): string | Buffer | undefined {
  if (path !== `/${LEXER}` && path !== `/${LEXER}.tgz`) return undefined;
  const modules = join(root, "node_modules");
  const tarball = execFileSync("tar", ["-cz", "-C", modules, `--transform=s/^${LEXER}/package/`, LEXER]);
  if (path.endsWith(".tgz")) return tarball;
  const description = JSON.parse(readFileSync(join(modules, LEXER, "package.json"), "utf8"));
  const { version } = description;
  const dist = { tarball: `http://${host}/${LEXER}.tgz` };
  return JSON.stringify({ name: LEXER, "dist-tags": { latest: version }, versions: { [version]: { ...description, dist } } });
}

/**
 * Serves the package's modules, and gives the server's host and port.
 *
 * @param whenDone takes the function that ends the server; default: it ends with the test
 */
export async function serve(
  change: (text: string) => string = (text) => text,
  whenDone: (end: () => void) => void = onTestFinished,
): Promise<string> {
  const server = createServer(async ({ method, url = "", headers }, response) => {
    // The watcher loads slowly. A target that does not wait for its watcher is then already running.
    if (url.endsWith("/watcher.ts")) await sleep(300);
    const asItIs = served.has(url.slice(1)) ? change(readFileSync(join(root, url.slice(1)), "utf8")) : undefined;
    const content = method === "GET" ? (asItIs ?? jsr(url) ?? npm(url, headers.host ?? "")) : undefined;
    const type = url.endsWith(".ts") ? "application/typescript" : url.endsWith(".js") ? "text/javascript" : "application/json";
    response.writeHead(content === undefined ? 404 : 200, { "content-type": type }).end(content ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

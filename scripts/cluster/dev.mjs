// `npm run cluster:dev [-- --port N --store FOLDER]`: one real NATS server for trying things out. It runs until Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { atExit } from "./cleaner.mjs";
import { findServer } from "./find-server.mjs";

const HOST = "127.0.0.1";
const usage = `usage: npm run cluster:dev -- [--port N] [--store FOLDER]
  --port N         the port to listen on (4222)
  --store FOLDER   keep queues and locks there for the next time; else they are removed at the end`;

function fail(text) {
  console.error(text);
  process.exit(1);
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: { port: { type: "string", default: "4222" }, store: { type: "string" } } });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port takes a number from 1 to 65535, not ${values.port}`);
    return { port, kept: values.store === undefined ? undefined : resolve(values.store) };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

/** Ends with a hint if somebody listens on the port. */
async function checkPort(port) {
  await new Promise((done) => {
    const probe = createServer()
      .once("error", ({ code }) =>
        fail(`Port ${port} can't be used (${code}). Choose another one: npm run cluster:dev -- --port ${port + 1}`),
      )
      .listen(port, HOST, () => probe.close(done));
  });
}

const { port, kept } = readOptions();
const found = findServer();
if (found.reason !== undefined) fail(found.reason);
await checkPort(port);
const store = kept ?? mkdtempSync(join(tmpdir(), "polyproc-nats-"));
if (kept === undefined) atExit({ remove: store });

const server = spawn(found.path, ["--addr", HOST, "--port", String(port), "--jetstream", "--store_dir", store], {
  stdio: ["ignore", "ignore", "pipe"],
});
if (server.pid !== undefined) server.once("exit", atExit({ kill: server.pid }));

const ended = once(server, "exit");
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    isStopping = true;
    server.kill();
  });
}

for await (const line of createInterface({ input: server.stderr })) {
  if (line.includes("Server is ready")) {
    console.log(
      `nats-server ${found.version} runs until Ctrl-C. ${kept === undefined ? "What it stores is removed then." : `It stores in ${kept}.`}`,
    );
    console.log(`Connect with: await connectCluster({ servers: "nats://${HOST}:${port}", namespace: "dev" })`);
  } else if (!line.includes("[INF]")) console.error(line);
}
const [code, signal] = await ended;
if (kept === undefined) rmSync(store, { recursive: true, force: true });
// On Ctrl-C the terminal tells the server as well. It may end, with 0, before this process hears of it.
if (!isStopping && code !== 0) fail(`nats-server ended with ${signal ?? `exit code ${code}`}`);

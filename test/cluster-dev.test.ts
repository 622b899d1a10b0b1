// One server is all that `npm test` starts. `npm run test:cluster` has the rest.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "./cluster/servers/ports.ts";
import { findServer } from "./cluster/servers/scripts.ts";

it("npm run cluster:dev starts a server with JetStream, says how to connect, and leaves nothing behind", async ({ skip }) => {
  const found = findServer();
  if ("reason" in found) return skip(found.reason);
  const temp = mkdtempSync(join(tmpdir(), "pp-dev-"));
  onTestFinished(() => rmSync(temp, { recursive: true, force: true }));
  const script = fileURLToPath(new URL("../scripts/cluster/dev.mjs", import.meta.url));
  const program = spawn(process.execPath, [script, "--port", String(await freePort())], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void program.kill("SIGKILL"));
  let url: string | undefined;
  for await (const line of createInterface({ input: program.stdout })) {
    url = /connectCluster\(\{ servers: "(nats:[^"]+)", namespace: "dev" \}\)/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  const connection = await connect({ servers: url });
  expect((await (await jetstreamManager(connection)).getAccountInfo()).streams).toBe(0);
  await connection.close();
  program.kill("SIGINT");
  expect(await once(program, "exit")).toEqual([0, null]);
  expect(readdirSync(temp)).toEqual([]);
});

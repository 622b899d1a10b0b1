// Agents for the tests of pools.
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, vi } from "vitest";
import { type Cluster, type ClusterOptions, connectCluster, type PoolOptions } from "../../mod.ts";
import { tested } from "../suite/code.ts";
import { Program } from "../suite/program.ts";
import type { Host } from "./hosts/network.ts";
import type { NatsServer } from "./servers/server.ts";

export const LEASE = 1000;
/** On a busy machine, a process takes so many milliseconds to start at most. */
const PATIENCE = 40_000;
/** The folder of the program, whose tasks the agents run. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export type TestPool = InstanceType<Cluster["Pool"]>;

/** This process, connected to a namespace of its own. */
export async function connected(server: NatsServer, options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace: `t-${randomUUID()}`, lease: LEASE, root: ROOT, ...options });
  onTestFinished(() => mp.close());
  return mp;
}

/** A pool that ends with its test. */
export function poolOf(mp: Cluster, options: PoolOptions = {}): TestPool {
  const pool = new mp.Pool({ processes: 2, ...options });
  onTestFinished(async () => {
    pool.terminate();
    expect(await pool.join({ timeout: 20_000 })).toBe(true);
  });
  return pool;
}

/** A target in programs/tasks.ts. */
export function task(name: string): { readonly module: URL; readonly name: string } {
  return { module: new URL("programs/tasks.ts", import.meta.url), name };
}

/** Starts an agent, here or in a simulated host or container, and waits until it is ready. */
export async function agent(
  runtime: string,
  server: NatsServer,
  mp: Cluster,
  options: Readonly<Record<string, string>> = {},
  host?: Pick<Host, "command">,
): Promise<Program> {
  const all = { servers: server.url, namespace: mp.namespace, root: ROOT, allow: "test/cluster/programs/**", slots: "2", ...options };
  const args = Object.entries({ lease: String(LEASE), ...all }).flatMap(([name, value]) => [`--${name}`, value]);
  const program = new Program(runtime, fileURLToPath(tested.module("src/cli/polyproc")), {
    args: ["agent", ...args],
    through: host?.command,
  });
  await vi.waitFor(() => expect(program.stdout, program.stderr).toContain("is ready"), { timeout: PATIENCE, interval: 20 });
  return program;
}

/** The path of a file that does not exist yet, and goes with its test. */
export function fileName(): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-pool-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "file");
}

/** The lines of a file, once there are so many. */
export async function linesOf(file: string, count = 0): Promise<string[]> {
  const read = (): string[] => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []);
  await vi.waitFor(() => expect(read().length).toBeGreaterThanOrEqual(count), { timeout: PATIENCE, interval: 20 });
  return read();
}

// Programs that run under a limit of the system: of address space, of memory, of descriptors or of the size of a file.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";

const MIB = 2 ** 20;
const RUNTIMES = ["node", "deno", "bun"];
/** Deno reserves more addresses when it starts than these limits allow. */
const WITH_FEW_ADDRESSES = ["node", "bun"];

const shell = (script: string): readonly string[] => ["/bin/sh", "-c", `${script} && exec "$@"`, "sh"];
const ulimit = (limit: string): readonly string[] => shell(`ulimit ${limit}`);

/** Limits files to 64 MiB. Deno would be ended by the signal itself if one of its caches grew beyond that: it gets new ones, which are small. */
function smallFiles(): readonly string[] {
  const caches = mkdtempSync(join(tmpdir(), "pp-test-deno-"));
  onTestFinished(() => rmSync(caches, { recursive: true, force: true }));
  // In blocks of 512 bytes.
  return shell(`ulimit -f 131072 && export DENO_DIR='${caches}'`);
}

interface Limited {
  readonly queues?: number;
  /** The size of an item. With up to 1 MiB, so many are put until there is an error. */
  readonly bytes?: number;
  readonly memory?: number;
  readonly named?: number;
}

/** Runs test/programs/limited.ts. */
async function limited(runtime: string, through: readonly string[], { queues = 1, bytes = 2 * MIB, memory = 0, named = 0 }: Limited) {
  const args = [queues, bytes, memory, named].map(String);
  const program = new Program(runtime, "limited.ts", { through, args, env: { POLYPROC_BACKEND: "native" } });
  const report = (await program.json()) as Record<string, unknown> & { used: number; addresses: number; puts: number };
  expect(await program.ended, program.stderr).toBe(0);
  return report;
}

/** Makes a memory cgroup, if this process may, and returns its folder. */
function memoryCgroup(limit: number): string | undefined {
  const version1 = existsSync("/sys/fs/cgroup/memory");
  const folder = `/sys/fs/cgroup/${version1 ? "memory/" : ""}polyproc-test-${process.pid}`;
  try {
    mkdirSync(folder);
    onTestFinished(() => {
      // The folder goes when the last process in it is gone.
      for (let tries = 0; tries < 50 && existsSync(folder); tries++) {
        try {
          rmdirSync(folder);
        } catch {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        }
      }
    });
    writeFileSync(`${folder}/${version1 ? "memory.limit_in_bytes" : "memory.max"}`, String(limit));
    if (!version1) writeFileSync(`${folder}/memory.swap.max`, "0");
    return folder;
  } catch {
    return undefined;
  }
}

const small = ["unshare", "-m", ...shell("mount -t tmpfs -o size=64m tmpfs /dev/shm")];
const maySmall = spawnSync(small[0] ?? "", [...small.slice(1), "true"], { stdio: "ignore" }).status === 0;

describe("node: little address space", () => {
  it("finds a target although WebAssembly gets no memory", async () => {
    // Node reserves 10 GiB of addresses for each WebAssembly memory.
    const program = new Program("node", "no-wasm.ts", { through: ulimit("-v 20000000") });
    expect(await program.json()).toEqual({ wasm: expect.stringMatching(/could not allocate memory/), result: 4 });
    expect(await program.ended).toBe(0);
  });
});

describe.skipIf(!hasLibrary()).each(WITH_FEW_ADDRESSES)("%s: little address space", (runtime) => {
  it("queues are smaller, and an item that is too large for one says so", async () => {
    const report = await limited(runtime, ulimit("-v 12000000"), { queues: 20, bytes: 700 * MIB });
    expect(report).toMatchObject({ made: 20, making: null, works: true, puts: 0, after: null });
    expect(report.putting).toMatch(/too large for this queue, which was made small: .*`ulimit -v`/);
  });

  it("an object that does not fit: the error says address space", async () => {
    const report = await limited(runtime, ulimit("-v 12000000"), { memory: 12_000 * MIB });
    expect(report).toMatchObject({ works: true, puts: 1, nameless: expect.stringMatching(/no address space left for it.*`ulimit -v`/) });
  });
});

describe.skipIf(!hasLibrary()).each(RUNTIMES)("%s: what the system has little of", (runtime) => {
  it("1,000 queues with an item each take less than 100 MiB of memory and 8 TiB of addresses", async () => {
    const report = await limited(runtime, ulimit("-n 4096"), { queues: 1000 });
    expect(report).toMatchObject({ made: 1000, making: null, works: true, putting: null });
    expect(report.used).toBeLessThan(100);
    expect(report.addresses).toBeLessThan(8.1 * 2 ** 20);
  });

  it("descriptors: objects that the program dropped are closed, and an error says how many of each kind are open", async () => {
    const program = new Program(runtime, "dropped.ts", { through: ulimit("-n 200"), env: { POLYPROC_BACKEND: "native" } });
    const report = (await program.json()) as { kept: number };
    expect(report).toEqual({
      dropped: [],
      started: null,
      kept: expect.any(Number),
      message: expect.stringMatching(/EMFILE.*raise `ulimit -n`.* this process has open: \d+ × queue, \d+ × lock/),
      unstarted: expect.stringMatching(/has open: \d+ × queue, \d+ × lock/),
      later: null,
    });
    expect(report.kept).toBeGreaterThan(50);
    expect(await program.ended).toBe(0);
  });

  it("descriptors: connections that the program dropped are closed, on both sides", async () => {
    const client = new Program(runtime, "dropped-connections.ts", { args: ["client"] });
    const open = /raise `ulimit -n`.* this process has open: \d+ × connection, 2 × queue/;
    const report = (await client.json()) as { kept: number };
    expect(report).toEqual({
      failures: [],
      kept: expect.any(Number),
      message: expect.stringMatching(new RegExp(`^StateError: Can't connect.*${open.source}`)),
      unheard: expect.stringMatching(new RegExp(`^StateError: Can't listen.*${open.source}`)),
      later: null,
    });
    expect(report.kept).toBeGreaterThan(50);
    expect(await client.ended).toBe(0);
    const listener = new Program(runtime, "dropped-connections.ts", { args: ["listener"] });
    expect(await listener.json()).toEqual({ failures: 0 });
    expect(await listener.ended).toBe(0);
  });

  it.each(["pipe", "queue"])(
    "descriptors: objects that came and were dropped are closed, so that others can come by a %s",
    async (kind) => {
      const program = new Program(runtime, "dropped-messages.ts", { args: [kind], env: { POLYPROC_BACKEND: "native" } });
      const report = (await program.json()) as { kept: number };
      // An object for which there is no descriptor is lost, and the error says so.
      const message = expect.stringMatching(/EMFILE.*raise `ulimit -n`.* this process has open: \d+ × queue/);
      expect(report).toEqual({ inOrder: true, kept: expect.any(Number), message, lost: 1 });
      expect(report.kept).toBeGreaterThan(30);
      expect(await program.ended).toBe(0);
    },
  );

  it("memory in a cgroup: a put and shared memory are errors, and nobody is killed", async ({ skip }) => {
    const folder = memoryCgroup(400 * MIB);
    if (folder === undefined) skip("this process may make no memory cgroup");
    const report = await limited(runtime, shell(`echo $$ >${folder}/cgroup.procs`), { bytes: MIB, memory: 500 * MIB });
    expect(report).toMatchObject({
      works: true,
      putting: expect.stringMatching(/no memory left for this item: it was not put/),
      after: null,
      nameless: expect.stringMatching(/no memory left for it, here or in the memory cgroup/),
    });
    expect(report.puts).toBeGreaterThan(20);
  });

  it("a small size of files: smaller queues, and an error in place of SIGXFSZ", async () => {
    const report = await limited(runtime, smallFiles(), { bytes: 100 * MIB, memory: 100 * MIB, named: 100 * MIB });
    const refused = expect.stringMatching(/EFBIG.*`ulimit -f`/);
    expect(report).toMatchObject({
      works: true,
      puts: 0,
      putting: expect.stringMatching(/`ulimit -f`/),
      nameless: refused,
      withName: refused,
    });
  });

  it("a small size of files: a pool's task with a large argument or result fails alone", async () => {
    const program = new Program(runtime, "pool-limited.ts", { through: smallFiles(), env: { POLYPROC_BACKEND: "native" } });
    const tooLarge = /^The item is too large for this queue, which was made small: .*`ulimit -f`/;
    expect(await program.json()).toEqual({
      argument: expect.stringMatching(tooLarge),
      small: 2,
      result: expect.stringMatching(tooLarge),
      later: 3,
    });
    expect(await program.ended).toBe(0);
  });

  it("a /dev/shm of 64 MiB: memory without a name fits, and memory with one says what is full", async ({ skip }) => {
    if (!maySmall) skip("this process may mount nothing");
    const report = await limited(runtime, small, { bytes: 100 * MIB, memory: 200 * MIB, named: 65 * MIB });
    expect(report).toMatchObject({
      works: true,
      puts: 1,
      nameless: null,
      withName: expect.stringMatching(/ENOSPC.*\/dev\/shm.*--shm-size/),
    });
  });
});

// `polyproc doctor` on each runtime.
import { chmodSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tested } from "./suite/code.ts";
import { hasLibrary } from "./suite/library.ts";
import { builtLibrary, Package } from "./suite/package.ts";
import { Program, type ProgramOptions } from "./suite/program.ts";

const PROGRAM = "src/cli/polyproc";

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(runtime: string, { own, env, ...options }: ProgramOptions & { own?: Package } = {}): Promise<Outcome> {
  const file = own?.module(PROGRAM) ?? fileURLToPath(tested.module(PROGRAM));
  const program = new Program(runtime, file, { args: ["doctor"], ...options, env: { POLYPROC_BACKEND: "auto", ...env } });
  const code = await program.closed;
  if (env?.TMPDIR === undefined) expect(program.files()).toEqual([]);
  return { code, stdout: program.stdout, stderr: program.stderr };
}

describe.each(["node", "deno", "bun"])("%s: polyproc doctor", (runtime) => {
  it.skipIf(!hasLibrary())("says what there is, and exits with 0", async () => {
    const { code, stdout } = await run(runtime);
    expect(stdout).toMatch(new RegExp(`^polyproc +\\d+\\.\\d+\\.\\d+\\nruntime +${runtime} \\d+`));
    expect(stdout).toMatch(/^backend +native: the native library loads$/m);
    expect(stdout).toContain(realpathSync(builtLibrary));
    expect(stdout).toMatch(/^sha256 +[0-9a-f]{64} \(as built\)$/m);
    expect(stdout).toMatch(/^ABI +\d+$/m);
    expect(stdout).toMatch(/^kernel +\d+\.\d+/m);
    expect(stdout).toMatch(/^ {2}pidfd_open +yes, tried$/m);
    expect(stdout).toMatch(/^open files +\w+ of \w+$/m);
    expect(stdout).toMatch(/^processes +\w+ of \w+$/m);
    expect(stdout).toMatch(/^temporary folder +\/.*, writable; a socket's path there has \d+ of 107 bytes$/m);
    expect(stdout).toMatch(/^\/dev\/shm +\d+ MiB free/m);
    expect(stdout).toMatch(/^a child +answered through a queue in \d+ ms$/m);
    expect(stdout).toMatch(/\nNothing is wrong\.\n$/);
    expect(code).toBe(0);
    const starts = stdout
      .split("\n\n", 1)[0]
      ?.split("\n")
      .map((line) => line.search(/(?<= {2})\S+(?= |$)(?<!^ {2}\S+)/));
    expect(new Set(starts).size).toBe(1);
  });

  it("without a library the portable backend is fine, and it says how to get one", async () => {
    const own = new Package();
    rmSync(own.library, { force: true });
    const { code, stdout } = await run(runtime, { own });
    expect(stdout).toMatch(/^backend +portable: the native library is not built: run `npm run build:native`/m);
    expect(stdout).toMatch(/^library +none$/m);
    expect(stdout).toMatch(/^a child +answered/m);
    expect(code).toBe(0);
  });

  it.skipIf(!hasLibrary())("a damaged library: exit code 1 and what to do", async () => {
    const own = new Package();
    own.damage((bytes) => Buffer.concat([bytes, Buffer.from("x")]));
    const { code, stdout } = await run(runtime, { own });
    expect(stdout).toMatch(/^sha256 +[0-9a-f]{64} \(NOT AS BUILT\)$/m);
    expect(stdout).toMatch(/Something is wrong:\n- .*is not as it was built.*npm run build:native/);
    expect(code).toBe(1);
  });

  it.skipIf(!hasLibrary())("a library that others can write: exit code 1 and what to do", async () => {
    const own = new Package();
    chmodSync(own.library, 0o666);
    const { code, stdout } = await run(runtime, { own });
    expect(stdout).toMatch(/- .*Run: chmod go-w/);
    expect(code).toBe(1);
  });

  it("POLYPROC_BACKEND=native and no library: exit code 1 and what to do", async () => {
    const own = new Package();
    rmSync(own.library, { force: true });
    const { code, stdout } = await run(runtime, { own, env: { POLYPROC_BACKEND: "native" } });
    expect(stdout).toMatch(/^backend +none$/m);
    expect(stdout).toMatch(/- .*no native backend here: the native library is not built: run `npm run build:native`/);
    expect(code).toBe(1);
  });

  it("a temporary folder with a path too long, and one that is not there", async () => {
    const own = new Package();
    const long = own.path("x".repeat(90));
    mkdirSync(long);
    for (const TMPDIR of [long, own.path("nothing")]) {
      const { code, stdout } = await run(runtime, { env: { TMPDIR, POLYPROC_BACKEND: "portable" } });
      expect(stdout).toContain(`- Sockets are not in ${TMPDIR}, which is too long, missing or not writable.`);
      expect(stdout).toMatch(/^temporary folder +\/tmp, writable/m);
      expect(code).toBe(1);
    }
  });

  it("an unknown command, or none: usage and exit code 2; help is no error", async () => {
    for (const args of [[], ["heal"], ["doctor", "now"], ["toString"]]) {
      const { code, stdout, stderr } = await run(runtime, { args });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^Usage: polyproc doctor/);
    }
    const { code, stdout } = await run(runtime, { args: ["--help"] });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: polyproc doctor/);
  });
});

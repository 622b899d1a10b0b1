// How the native library is found, checked and loaded, and the errors when that fails.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { encodeFrame } from "../src/codec/frame-writer.ts";
import { Op } from "../src/codec/op.ts";
import { hasLibrary } from "./suite/library.ts";
import { builtLibrary, Package } from "./suite/package.ts";
import { Program, type ProgramOptions } from "./suite/program.ts";

const runtimes = ["node", "deno", "bun"];
const root = fileURLToPath(new URL("../", import.meta.url));
const PROGRAM = "test/programs/which-backend";
const OTHER_MACHINE = process.arch === "arm64" ? { name: "x64", number: 62 } : { name: "arm64", number: 183 };

async function look(runtime: string, program: string, { env, ...options }: ProgramOptions = {}): Promise<unknown> {
  const run = new Program(runtime, program, { ...options, env: { POLYPROC_BACKEND: "auto", ...env } });
  const answer = await run.json();
  expect(await run.closed).toBe(0);
  expect(run.files()).toEqual([]);
  return answer;
}

function writeHash(library: string): void {
  writeFileSync(`${library}.sha256`, createHash("sha256").update(readFileSync(library)).digest("hex"));
}

function otherMachine(bytes: Buffer): Buffer {
  bytes.writeUInt16LE(OTHER_MACHINE.number, 18);
  return bytes;
}

function cut(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}

function oneByteChanged(bytes: Buffer): Buffer {
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  return bytes;
}

const portable = (reason: RegExp): unknown =>
  expect.objectContaining({ backend: "portable", reason: expect.stringMatching(reason), library: null, abi: null, works: "answered" });
const native = (library: string): unknown =>
  expect.objectContaining({ backend: "native", library, abi: expect.any(Number), works: "answered" });
const failure = (error: string, message: RegExp): unknown => ({ error, message: expect.stringMatching(message) });

let otherVersion: { readonly folder: string; readonly status: number | null; readonly stderr: string } | undefined;
afterAll(() => otherVersion && rmSync(otherVersion.folder, { recursive: true }));

/** Compiles the library, once for all tests, with another version and without the function pp_probe. Undefined if there is no compiler. */
function libraryOfAnotherVersion(): string | undefined {
  otherVersion ??= compileAnotherVersion(mkdtempSync(join(tmpdir(), "pp-library-")));
  if (otherVersion.status === 127) return undefined;
  expect(otherVersion.status, otherVersion.stderr).toBe(0);
  return join(otherVersion.folder, "polyproc.node");
}

function compileAnotherVersion(folder: string): NonNullable<typeof otherVersion> {
  cpSync(join(root, "native/src"), join(folder, "native/src"), { recursive: true });
  const header = join(folder, "native/src/polyproc.h");
  writeFileSync(header, readFileSync(header, "utf8").replace(/#define PP_ABI \d+/, "#define PP_ABI 99"));
  const flags = ["-std=c11", "-D_GNU_SOURCE", "-O0", "-fPIC", "-shared", "-fvisibility=hidden", "-Inative/src", "-o", "polyproc.node"];
  flags.push("-Dpp_probe=pp_probe_of_another_version");
  const compile = '"$0" native/src/*/*.c "$@"';
  const args = ["-c", compile, process.env.CC ?? "cc", ...flags, "-lpthread"];
  const { status, stderr } = spawnSync("sh", args, { cwd: folder, encoding: "utf8" });
  return { folder, status, stderr };
}

interface Own {
  readonly name: string;
  readonly damage: (own: Package) => void;
  readonly outcome: unknown;
}

const damages: readonly Own[] = [
  { name: "missing", damage: (own) => rmSync(own.library), outcome: portable(/not built: run `npm run build:native`/) },
  { name: "cut off", damage: (own) => own.damage(cut), outcome: failure("CorruptedError", /not as it was built .*npm run build:native/) },
  { name: "empty", damage: (own) => own.damage(() => Buffer.alloc(0)), outcome: failure("CorruptedError", /not as it was built/) },
  { name: "with one byte changed", damage: (own) => own.damage(oneByteChanged), outcome: failure("CorruptedError", /not as it was built/) },
  { name: "without its hash", damage: (own) => rmSync(`${own.library}.sha256`), outcome: failure("CorruptedError", /not as it was built/) },
  {
    name: "cut off, with a hash to match",
    damage: (own) => {
      own.damage(cut);
      writeHash(own.library);
    },
    outcome: portable(/can't be loaded: it is cut off/),
  },
  {
    name: "of another architecture",
    damage: (own) => {
      own.damage(otherMachine);
      writeHash(own.library);
    },
    outcome: portable(new RegExp(`can't be loaded: it is built for ${OTHER_MACHINE.name}, and this is ${process.arch}`)),
  },
  {
    name: "writable by all",
    damage: (own) => chmodSync(own.library, 0o666),
    outcome: failure("UnsupportedError", /can be written by others.*chmod go-w/),
  },
  {
    name: "writable by a group",
    damage: (own) => chmodSync(own.library, 0o775),
    outcome: failure("UnsupportedError", /can be written by others/),
  },
  {
    name: "a link to another folder",
    damage: (own) => {
      for (const end of ["", ".sha256"]) renameSync(`${own.library}${end}`, own.path(`elsewhere.node${end}`));
      symlinkSync(own.path("elsewhere.node"), own.library);
    },
    outcome: portable(/is a link to another folder/),
  },
];

describe.skipIf(!hasLibrary()).each(runtimes)("%s: the package's own library", (runtime) => {
  it("is loaded by its real path, also through a link to the package", async () => {
    const own = new Package();
    expect(await look(runtime, own.module(PROGRAM))).toEqual(native(realpathSync(own.library)));
    symlinkSync(own.root, `${own.root}-link`);
    try {
      expect(await look(runtime, own.module(PROGRAM).replace(own.root, `${own.root}-link`))).toEqual(native(realpathSync(own.library)));
    } finally {
      rmSync(`${own.root}-link`);
    }
  });

  for (const { name, damage, outcome } of damages) {
    it(`${name}: ${JSON.stringify(outcome).includes("CorruptedError") ? "an error" : "never loaded"}`, async () => {
      const own = new Package();
      damage(own);
      expect(await look(runtime, own.module(PROGRAM))).toEqual(outcome);
    });
  }

  it("that a group may write is loaded if the group may write the package's code, too, as after an install with umask 002", async () => {
    const own = new Package();
    expect(spawnSync("chmod", ["-R", "g+w", own.path("src"), own.path("native")]).status).toBe(0);
    expect(await look(runtime, own.module(PROGRAM))).toEqual(native(realpathSync(own.library)));
  });

  it("is checked anew by a child once it is another file", async () => {
    const own = new Package();
    expect(await look(runtime, own.module("test/programs/library-replaced"))).toEqual(failure("ProcessDiedError", /not as it was built/));
  });

  it("of another user is refused", async ({ skip }) => {
    if (process.geteuid?.() !== 0) skip("only root can give a file away");
    const own = new Package();
    chownSync(own.library, 12345, 12345);
    expect(await look(runtime, own.module(PROGRAM))).toEqual(failure("UnsupportedError", /belongs to another user/));
  });

  it("of another version is an error, also if it lacks functions", async ({ skip }) => {
    const own = new Package();
    const other = libraryOfAnotherVersion();
    if (other === undefined) return skip("there is no C compiler");
    cpSync(other, own.library);
    writeHash(own.library);
    expect(await look(runtime, own.module(PROGRAM))).toEqual(
      failure("CorruptedError", /is of version 99, and this package speaks \d+: build it anew/),
    );
  });

  it("is never looked for in the working directory, LD_LIBRARY_PATH or the temporary folder", async () => {
    const own = new Package();
    const elsewhere = own.path("elsewhere");
    for (const folder of [elsewhere, join(elsewhere, dirname(own.library.slice(own.root.length)))]) {
      mkdirSync(folder, { recursive: true });
      cpSync(builtLibrary, join(folder, "polyproc.node"));
      cpSync(`${builtLibrary}.sha256`, join(folder, "polyproc.node.sha256"));
    }
    rmSync(own.library);
    const env = { LD_LIBRARY_PATH: elsewhere, NODE_PATH: elsewhere, TMPDIR: elsewhere };
    const options: ProgramOptions = { cwd: elsewhere, env };
    expect(await look(runtime, own.module(PROGRAM), options)).toEqual(portable(/not built/));
  });
});

describe.skipIf(!hasLibrary()).each(runtimes)("%s: a library that was named", (runtime) => {
  it("by POLYPROC_NATIVE or by the option of a context is loaded, and in children too", async () => {
    const own = new Package();
    const named = own.path("named.node");
    cpSync(own.library, named);
    rmSync(own.library);
    expect(await look(runtime, own.module(PROGRAM), { env: { POLYPROC_NATIVE: named } })).toEqual(native(realpathSync(named)));
    const byOption = await look(runtime, own.module(PROGRAM), { args: [named], env: { POLYPROC_NATIVE: "/not/this" } });
    expect(byOption).toEqual(native(realpathSync(named)));
  });

  it("and can't be loaded is an error that says why", async () => {
    const own = new Package();
    const named = own.path("named.node");
    const attempt = (path: string): Promise<unknown> =>
      look(runtime, own.module(PROGRAM), { env: { POLYPROC_NATIVE: path }, cwd: own.root });
    expect(await attempt(named)).toEqual(failure("UnsupportedError", /does not exist: correct its path/));
    expect(await attempt("native.node")).toEqual(failure("UnsupportedError", /must be absolute/));
    const faults: [Buffer, RegExp][] = [
      [cut(readFileSync(own.library)), /it is cut off/],
      [otherMachine(readFileSync(own.library)), /it is built for/],
      [Buffer.from("#!/bin/sh\n".repeat(20)), /it is no 64-bit library/],
    ];
    for (const [bytes, message] of faults) {
      writeFileSync(named, bytes);
      expect(await attempt(named)).toEqual(failure("UnsupportedError", message));
    }
    cpSync(own.library, named);
    cpSync(`${own.library}.sha256`, `${named}.sha256`);
    expect(await attempt(named)).toEqual(native(realpathSync(named)));
    writeFileSync(named, oneByteChanged(readFileSync(named)));
    expect(await attempt(named)).toEqual(failure("CorruptedError", /not as it was built/));
  });
});

describe.skipIf(!hasLibrary())("permissions that keep the library away leave the portable backend, and the reason", () => {
  const program = "which-backend.ts";
  const deno = ["run", "--no-prompt", "--allow-write", "--allow-net", "--allow-run"];
  const node = ["--permission", "--allow-fs-read=*", "--allow-fs-write=*", "--allow-child-process", "--allow-worker", "--allow-net"];

  it("deno without --allow-ffi", async () => {
    expect(await look("deno", program, { flags: [...deno, "--allow-read"] })).toEqual(portable(/without --allow-ffi for .*polyproc\.node/));
  });

  it("deno with --allow-ffi and --allow-read loads it", async () => {
    expect(await look("deno", program, { flags: [...deno, "--allow-read", "--allow-ffi"] })).toEqual(native(realpathSync(builtLibrary)));
  });

  it("deno that may read the library and not its hash", async () => {
    const flags = [...deno, "--allow-ffi", "--allow-read", `--deny-read=${builtLibrary}.sha256`];
    expect(await look("deno", program, { flags })).toEqual(portable(/permissions keep it from reading/));
  });

  it("node with --permission, without and with --allow-addons", async () => {
    expect(await look("node", program, { flags: node })).toEqual(portable(/without --allow-addons/));
    expect(await look("node", program, { flags: [...node, "--allow-addons"] })).toEqual(native(realpathSync(builtLibrary)));
  });

  // Deno and Bun themselves do not run without /proc.
  it.skipIf(spawnSync("unshare", ["-m", "umount", "-l", "/proc"]).status !== 0)("node without /proc", () => {
    const node = join(root, "node_modules/node/bin/node");
    const script = `umount -l /proc && exec ${JSON.stringify(node)} ${PROGRAM}.ts`;
    const { stdout } = spawnSync("unshare", ["-m", "sh", "-c", script], { cwd: root, encoding: "utf8" });
    expect(stdout).toMatch(/portable.*\/proc is not mounted/s);
  });

  it("node with --no-addons", async () => {
    expect(await look("node", program, { flags: ["--no-addons"] })).toEqual(portable(/--no-addons/));
  });
});

describe.skipIf(!hasLibrary())("a parent that has not used the native backend yet", () => {
  it.each(["node", "bun"])("%s: its first Deno child may load the library all the same", async (runtime) => {
    expect(await look(runtime, "first-child.ts")).toEqual(["native"]);
  });
});

describe("without a C compiler", () => {
  it("the build says so and changes nothing", () => {
    const before = hasLibrary() ? readFileSync(builtLibrary) : undefined;
    const env = { ...process.env, CC: "/nowhere/cc" };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/build-native.mjs")], { encoding: "utf8", env });
    expect(`${stdout}${stderr}`).toMatch(/no C compiler \(\/nowhere\/cc\)/);
    expect(status).toBe(1);
    if (before !== undefined) expect(readFileSync(builtLibrary).equals(before)).toBe(true);
  });
});

describe.each(runtimes)("%s: versions", (runtime) => {
  it("a child refuses a parent of another version, and says both", async () => {
    const child = new Program(runtime, join(root, "src/child/entry.ts"), { stdin: "pipe" });
    for (const piece of encodeFrame({ op: Op.boot, id: 0, object: 0, meta: { version: "0.0.0-other" } })) child.child.stdin?.write(piece);
    expect(await child.closed).toBe(1);
    expect(child.stderr).toMatch(/child of polyproc \d+\.\d+\.\d+.*another version \(0\.0\.0-other\)/);
  });

  it.skipIf(!hasLibrary())("a queue of another version is refused where it is received", async () => {
    const program = new Program(runtime, "queue-version.ts", { env: { POLYPROC_BACKEND: "native" } });
    expect(await program.json()).toEqual(failure("CorruptedError", /another version of polyproc/));
    expect(await program.closed).toBe(0);
  });
});

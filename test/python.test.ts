import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Address, Client, Listener } from "../mod.ts";
import { AuthenticationError, TimeoutError } from "../src/errors/errors.ts";
import { Program } from "./suite/program.ts";

interface Python {
  readonly path: string;
  readonly version: string;
  readonly minor: number;
}

const script = fileURLToPath(new URL("programs/python_peer.py", import.meta.url));
const ASK = "import sys; print(sys.executable, '.'.join(map(str, sys.version_info[:3])))";

function ask(command: string): Python[] {
  const { status, stdout } = spawnSync(command, ["-c", ASK], { encoding: "utf8", timeout: 20_000 });
  const [path = "", version = ""] = (stdout ?? "").trim().split(" ");
  return status === 0 && version.startsWith("3.") ? [{ path, version, minor: Number(version.split(".")[1]) }] : [];
}

/** POLYPROC_PYTHON, else the python3s on PATH and pyenv's, the newest first and one of each minor version. */
function pythons(): Python[] {
  const named = process.env.POLYPROC_PYTHON;
  if (named !== undefined && named !== "") return ask(named);
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const installed = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, "bin/python3")) : [];
  const onPath = ["python3", ...[11, 12, 13, 14, 15].map((minor) => `python3.${minor}`)];
  const found = [...installed.filter((path) => existsSync(path)), ...onPath].flatMap(ask);
  found.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
  return found.filter(({ minor }, i) => found.findIndex((other) => other.minor === minor) === i);
}

const all = pythons();
const modern = all.filter(({ minor }) => minor >= 12).slice(0, 2);
const legacy = all.filter(({ minor }) => minor === 11 || minor === 10).slice(0, 1);
if (modern.length === 0)
  console.error(
    "\n!!! NO CPYTHON 3.12 OR LATER FOUND: the tests against a real Python are SKIPPED. Set POLYPROC_PYTHON to one, or put python3 on PATH.\n",
  );

/** A CPython process, and each line that it printed. */
class Peer {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr = "";
  readonly #lines: unknown[] = [];
  #wake = (): void => {};

  constructor({ path }: Python, role: string, address: string, key: string) {
    this.child = spawn(path, [script, role, address, key], { stdio: ["ignore", "pipe", "pipe"] });
    let rest = "";
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines.map((line) => JSON.parse(line) as unknown));
      this.#wake();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code) => {
        this.#wake();
        resolve(code);
      });
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** The next line. */
  async says(): Promise<unknown> {
    while (this.#lines.length === 0) {
      if (this.child.exitCode !== null) throw new Error(`Python ended with ${this.child.exitCode}\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift();
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "pp-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const addressFor = (family: string): string => (family === "path" ? join(folder(), "s") : "127.0.0.1:0");
const ours = (address: string): Address => (address.startsWith("/") ? address : { host: "127.0.0.1", port: Number(address.split(":")[1]) });
const theirs = (address: Address): string => (typeof address === "string" ? address : `${address.host}:${address.port}`);

async function said(program: Program, key: string): Promise<unknown> {
  expect(await program.closed, program.stderr).toBe(0);
  const lines = program.stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => key in line)?.[key];
}

const combinations = modern.flatMap((python) =>
  ["node", "deno", "bun"].flatMap((runtime) =>
    ["path", "TCP"].map((family) => ({
      python,
      runtime,
      family,
      version: python.version,
    })),
  ),
);

describe.skipIf(modern.length === 0)("a real CPython", () => {
  it.each(combinations)("$version is the client of $runtime over $family: bytes both ways, wrong keys refused", async (given) => {
    const { python, runtime, family } = given;
    const args = ["listen", JSON.stringify(ours(addressFor(family)))];
    const program = new Program(runtime, "python-peer.ts", { args });
    const address = theirs(((await program.json()) as { address: Address }).address);
    for (const key of ["the wrong key", "the right kez"]) {
      const refused = new Peer(python, "connect", address, key);
      expect(await refused.says()).toEqual({ refused: expect.stringMatching(/^AuthenticationError: digest sent was rejected/) });
      expect(await refused.ended, refused.stderr).toBe(0);
    }
    const keyless = new Peer(python, "shout", address, "");
    expect(await keyless.says()).toEqual({ refused: "#CHALLENGE#" });
    await keyless.ended;
    const cut = new Peer(python, "cut", address, "the right key");
    await cut.ended;
    const peer = new Peer(python, "connect", address, "the right key");
    expect(await peer.says()).toEqual({ ended: "EOFError" });
    expect(await peer.ended, peer.stderr).toBe(0);
    expect(await said(program, "rejected")).toBe(3);
    expect(await said(program, "cut")).toEqual([1000, 1 << 20]);
    expect(program.files()).toEqual([]);
  });

  it.each(combinations)("$version is the listener for $runtime over $family: bytes both ways, wrong keys refused", async (given) => {
    const { python, runtime, family } = given;
    const peer = new Peer(python, "listen", addressFor(family), "the right key");
    const { address } = (await peer.says()) as { address: Address };
    const args = ["connect", JSON.stringify(address)];
    const program = new Program(runtime, "python-peer.ts", { args });
    expect(await peer.says()).toEqual({ refused: "digest received was wrong" });
    expect(await peer.says()).toEqual({ ended: "EOFError" });
    expect(await peer.ended, peer.stderr).toBe(0);
    expect(await said(program, "wrong")).toBe("AuthenticationError");
  });

  it("a listener without a key is an error that says so, not a hang", async () => {
    const [python] = modern as [Python];
    const peer = new Peer(python, "listen", "127.0.0.1:0", "");
    const { address } = (await peer.says()) as { address: Address };
    await expect(Client(address, { authKey: "k", timeout: 500 })).rejects.toThrow(TimeoutError);
  });

  it("the example", async () => {
    const [python] = modern as [Python];
    for (const runtime of ["node", "deno", "bun"]) {
      const example = fileURLToPath(new URL("../examples/python-peer.ts", import.meta.url));
      const program = new Program(runtime, example, { env: { POLYPROC_PYTHON: python.path } });
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout).toBe(`Python ${python.version}: mean 5, standard deviation 2\nPython ended with 0\n`);
      expect(program.files()).toEqual([]);
    }
  });
});

describe.skipIf(legacy.length === 0)("a CPython that knows the MD5 handshake alone", () => {
  it("is refused as client and as listener", async () => {
    const [python] = legacy as [Python];
    const listener = new Listener({ address: { host: "127.0.0.1", port: 0 }, authKey: "k" });
    await listener.ready;
    const client = new Peer(python, "connect", theirs(listener.address), "k");
    expect(await client.says()).toEqual({ refused: expect.stringMatching(/AuthenticationError/) });
    await client.ended;
    expect(listener.rejected).toBe(1);
    listener.close();
    const peer = new Peer(python, "listen", "127.0.0.1:0", "k");
    const { address } = (await peer.says()) as { address: Address };
    const error: unknown = await Client(address, { authKey: "k" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).toMatch(/3\.12/);
  });
});

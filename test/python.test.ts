import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Address, Client, Listener } from "../mod.ts";
import { AuthenticationError, TimeoutError } from "../src/errors/errors.ts";
import { findPythons, type Python } from "../tools/python.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

const script = fileURLToPath(new URL("programs/python_peer.py", import.meta.url));
const all = findPythons();
const modern = all.filter(({ minor }) => minor >= 12).slice(0, 2);
const legacy = all.filter(({ minor }) => minor === 11 || minor === 10).slice(0, 1);
if (modern.length === 0)
  console.error(
    "\n!!! CPYTHON 3.12 OR LATER WAS NOT FOUND: the tests against a real Python are SKIPPED. Set POLYPROC_PYTHON to its program, or put python3 on PATH.\n",
  );

/** A CPython process that runs python_peer.py, and the lines that it prints. */
class Peer {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr = "";
  readonly #lines: unknown[] = [];
  #notify = (): void => {};

  constructor({ path }: Python, role: string, address: string, key: string) {
    this.child = spawn(path, [script, `--role=${role}`, `--address=${address}`, `--key=${key}`], { stdio: ["ignore", "pipe", "pipe"] });
    let rest = "";
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines.map((line) => JSON.parse(line) as unknown));
      this.#notify();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code) => {
        this.#notify();
        resolve(code);
      });
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** The next line, which is JSON. */
  async nextLine(): Promise<unknown> {
    while (this.#lines.length === 0) {
      if (this.child.exitCode !== null) throw new Error(`Python ended with ${this.child.exitCode}\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
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

const newAddress = (family: string): string => (family === "path" ? join(folder(), "s") : "127.0.0.1:0");
const addressForProgram = (address: string): Address =>
  address.startsWith("/") ? address : { host: "127.0.0.1", port: Number(address.split(":")[1]) };
const addressForPython = (address: Address): string => (typeof address === "string" ? address : `${address.host}:${address.port}`);

/** The value that a program printed under this key. */
async function printed(program: Program, key: string): Promise<unknown> {
  expect(await program.closed, program.stderr).toBe(0);
  const lines = program.stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => key in line)?.[key];
}

const combinations = modern.flatMap((python) =>
  RUNTIMES.flatMap((runtime) =>
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
    const args = ["--role=listen", `--address=${JSON.stringify(addressForProgram(newAddress(family)))}`];
    const program = new Program(runtime, "python-peer.ts", { args });
    const address = addressForPython(((await program.json()) as { address: Address }).address);
    for (const key of ["the wrong key", "the right kez"]) {
      const refused = new Peer(python, "connect", address, key);
      expect(await refused.nextLine()).toEqual({ refused: expect.stringMatching(/^AuthenticationError: digest sent was rejected/) });
      expect(await refused.ended, refused.stderr).toBe(0);
    }
    const keyless = new Peer(python, "shout", address, "");
    expect(await keyless.nextLine()).toEqual({ refused: "#CHALLENGE#" });
    await keyless.ended;
    const cut = new Peer(python, "cut", address, "the right key");
    await cut.ended;
    const peer = new Peer(python, "connect", address, "the right key");
    expect(await peer.nextLine()).toEqual({ ended: "EOFError" });
    expect(await peer.ended, peer.stderr).toBe(0);
    expect(await printed(program, "rejected")).toBe(3);
    expect(await printed(program, "cut")).toEqual([1000, 1 << 20]);
    expect(program.files()).toEqual([]);
  });

  it.each(combinations)("$version is the listener for $runtime over $family: bytes both ways, wrong keys refused", async (given) => {
    const { python, runtime, family } = given;
    const peer = new Peer(python, "listen", newAddress(family), "the right key");
    const { address } = (await peer.nextLine()) as { address: Address };
    const args = ["--role=connect", `--address=${JSON.stringify(address)}`];
    const program = new Program(runtime, "python-peer.ts", { args });
    expect(await peer.nextLine()).toEqual({ refused: "digest received was wrong" });
    expect(await peer.nextLine()).toEqual({ ended: "EOFError" });
    expect(await peer.ended, peer.stderr).toBe(0);
    expect(await printed(program, "wrong")).toBe("AuthenticationError");
  });

  it("a client with a key does not hang at a listener without a key", async () => {
    const [python] = modern as [Python];
    const peer = new Peer(python, "listen", "127.0.0.1:0", "");
    const { address } = (await peer.nextLine()) as { address: Address };
    await expect(Client(address, { authKey: "k", timeout: 500 })).rejects.toThrow(TimeoutError);
  });

  it("talks to the example", async () => {
    const [python] = modern as [Python];
    for (const runtime of RUNTIMES) {
      const example = fileURLToPath(new URL("../examples/python-peer.ts", import.meta.url));
      const program = new Program(runtime, example, { env: { POLYPROC_PYTHON: python.path } });
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout).toBe(`Python ${python.version}: mean 5, standard deviation 2\nPython ended with 0\n`);
      expect(program.files()).toEqual([]);
    }
  });
});

describe.skipIf(legacy.length === 0)("a CPython that knows only the MD5 handshake", () => {
  it("is refused as client and as listener", async () => {
    const [python] = legacy as [Python];
    const listener = new Listener({ address: { host: "127.0.0.1", port: 0 }, authKey: "k" });
    await listener.ready;
    const client = new Peer(python, "connect", addressForPython(listener.address), "k");
    expect(await client.nextLine()).toEqual({ refused: expect.stringMatching(/AuthenticationError/) });
    await client.ended;
    expect(listener.rejected).toBe(1);
    listener.close();
    const peer = new Peer(python, "listen", "127.0.0.1:0", "k");
    const { address } = (await peer.nextLine()) as { address: Address };
    const error: unknown = await Client(address, { authKey: "k" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).toMatch(/3\.12/);
  });
});

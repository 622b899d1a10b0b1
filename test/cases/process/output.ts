import assert from "node:assert/strict";
import { ProcessDiedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { KILLED_ITSELF, MIB, pattern, rejects, run, started } from "../../suite/help.ts";
import { textOf } from "./helpers.ts";

export async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return `eof after ${text.length}`;
}

export function speak(): void {
  console.log("to stdout");
  console.error("to stderr");
}

export function speakAndDie(): void {
  console.error("last words");
  process.kill(process.pid, "SIGKILL");
}

export function floodStdout(): number {
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 1024; i++) process.stdout.write(line);
  return 1024;
}

/** Writes so many MiB of a pattern, and waits until each has left. */
export async function writeMany(mebibytes: number): Promise<void> {
  const bytes = pattern(251 * 4096);
  for (let left = mebibytes * MIB; left > 0; left -= bytes.length) {
    const part = bytes.subarray(0, Math.min(left, bytes.length));
    await new Promise<void>((resolve) => process.stdout.write(part, () => resolve()));
  }
  console.error("done");
}

export const cases: Cases = {
  "stdin reads EOF": async () => {
    assert.equal(await run({ target: readStdin }), "eof after 0");
  },
  "stdout and stderr piped, and thrown away": async () => {
    const p = await started({ target: speak, stdout: "pipe", stderr: "pipe" });
    assert.equal(await p.join(), 0);
    assert.equal(await textOf(p.stdout), "to stdout\n");
    assert.equal(await textOf(p.stderr), "to stderr\n");
    const q = await started({ target: speak, stdout: "null", stderr: "null" });
    assert.equal(await q.join(), 0);
    assert.deepEqual([q.stdout, q.stderr], [null, null]);
  },
  "piped output that nobody reads makes the child wait, and the parent keeps little of it": slow(async () => {
    const p = await started({ target: writeMany, args: [64], stdout: "pipe", stderr: "pipe" });
    const { stdout, stderr } = p;
    const before = process.memoryUsage.rss();
    assert.equal(await p.join({ timeout: 1500 }), null);
    assert.ok(process.memoryUsage.rss() - before < 40 * MIB, `${process.memoryUsage.rss() - before} bytes more`);
    // Read slowly, it comes whole and in order.
    assert.ok(stdout !== null && stderr !== null);
    let size = 0;
    for await (const chunk of stdout as unknown as AsyncIterable<Uint8Array>) {
      for (let i = 0; i < chunk.length; i += 4099) assert.equal(chunk[i], (size + i) % 251);
      size += chunk.length;
    }
    assert.equal(size, 64 * MIB);
    assert.equal(await p.join({ timeout: 15_000 }), 0);
    assert.equal(await textOf(stderr), "done\n");
  }),
  "output that a program has cancelled, and what is left of it after a kill": async () => {
    const p = await started({ target: writeMany, args: [16], stdout: "pipe" });
    await p.stdout?.cancel();
    assert.equal(await p.join({ timeout: 15_000 }), 0);
    const q = await started({ target: writeMany, args: [16], stdout: "pipe" });
    const reader = q.stdout?.getReader();
    assert.ok(((await reader?.read())?.value?.length ?? 0) > 0);
    q.kill();
    assert.equal(await q.join(), -9);
    let rest = await reader?.read();
    while (rest?.done === false) rest = await reader?.read();
    assert.equal(rest?.done, true);
  },
  "piped output of 1 MiB that nobody reads never stops the child": async () => {
    const p = await started({ target: floodStdout, stdout: "pipe" });
    assert.equal(await p.result({ timeout: 15_000 }), 1024);
    assert.equal(await p.join(), 0);
    assert.equal((await textOf(p.stdout)).length, 1 << 20);
  },
  "a death's error carries the last of a piped stderr": async () => {
    const p = await started({ target: speakAndDie, stderr: "pipe" });
    const error = await rejects(p.result(), ProcessDiedError, KILLED_ITSELF.text);
    assert.match(error.message, /last words/);
    await p.join();
  },
};

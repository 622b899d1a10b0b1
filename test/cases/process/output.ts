import assert from "node:assert/strict";
import { ProcessDiedError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
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
  "piped output that nobody reads never stops the child": async () => {
    const p = await started({ target: floodStdout, stdout: "pipe" });
    assert.equal(await p.result({ timeout: 15_000 }), 1024);
    assert.equal(await p.join(), 0);
    assert.equal((await textOf(p.stdout)).length, 1 << 20);
  },
  "a death's error carries the last of a piped stderr": async () => {
    const p = await started({ target: speakAndDie, stderr: "pipe" });
    await rejects(p.result(), ProcessDiedError, /SIGKILL[\s\S]*last words/);
    await p.join();
  },
};

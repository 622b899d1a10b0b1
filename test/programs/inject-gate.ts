// Shared by the programs whose system calls are made to fail: they wait until strace has attached, and print how they ended.
import { existsSync, writeSync } from "node:fs";
import { inspect } from "node:util";
import { activeChildren, ProcessError } from "../../mod.ts";

// The victim, "parent" or "child", and the file whose existence opens the gate.
const [victim, file = ""] = (process.env.POLYPROC_TEST_GATE ?? "").split(":");

/** Stops the victim until strace has attached to it. Other processes go on. */
export function waitAtGate(role: "parent" | "child"): void {
  if (victim !== role) return;
  writeSync(1, `${JSON.stringify({ ready: process.pid })}\n`);
  const neverNotified = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(neverNotified, 0, 0, 5);
}

/** Runtime flags that make a child wait at the gate before its first module, if it is the victim. */
export function childFlags(): string[] {
  if (victim !== "child") return [];
  const module = import.meta.url.replace("inject-gate", "inject-child");
  return [
    "Deno" in globalThis || "Bun" in globalThis
      ? `--preload=${module.replace("Bun" in globalThis ? "file://" : "", "")}`
      : `--import=${module}`,
  ];
}

/** Runs a scenario and prints its outcome: "ok", or the name of its error. */
export async function report(scenario: () => Promise<void>): Promise<void> {
  waitAtGate("parent");
  let outcome: object;
  try {
    await scenario();
    outcome = { outcome: "ok" };
  } catch (error) {
    const typed = error instanceof ProcessError;
    outcome = { outcome: typed ? error.name : "untyped", detail: typed ? error.message : inspect(error) };
    for (const child of activeChildren()) child.kill();
  }
  writeSync(1, `${JSON.stringify(outcome)}\n`);
}

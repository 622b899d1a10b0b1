// What the programs under injected faults have in common: they wait until the injector has attached, and say how they ended.
import { existsSync, writeSync } from "node:fs";
import { inspect } from "node:util";
import { activeChildren, ProcessError } from "../../mod.ts";

// "parent" or "child", and the file that opens the gate.
const [victim, file = ""] = (process.env.POLYPROC_TEST_GATE ?? "").split(":");

/** Stops this process until the injector has attached to it, if it is the one. */
export function gate(who: "parent" | "child"): void {
  if (victim !== who) return;
  writeSync(1, `${JSON.stringify({ ready: process.pid })}\n`);
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(never, 0, 0, 5);
}

/** A child that is the victim waits before its first step. */
export function childFlags(): string[] {
  if (victim !== "child") return [];
  const module = new URL("./inject-child.ts", import.meta.url).href;
  return [
    "Deno" in globalThis || "Bun" in globalThis
      ? `--preload=${module.replace("Bun" in globalThis ? "file://" : "", "")}`
      : `--import=${module}`,
  ];
}

/** Runs the scenario, and says how it ended: in success, or with which error. */
export async function under(scenario: () => Promise<void>): Promise<void> {
  gate("parent");
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

import { UnsupportedError } from "../errors/errors.ts";
import { bun } from "./bun.ts";
import type { Runtime, RuntimeName } from "./contract.ts";
import { deno } from "./deno/deno.ts";
import { node } from "./node.ts";

export const runtimes: Readonly<Record<RuntimeName, Runtime>> = { node, deno, bun };

// Deno and Bun also look like Node, so they are tested first.
const present: RuntimeName = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

/** The runtime that this program runs on. */
export const runtime: Runtime = runtimes[present];

// As in the "engines" of package.json, which few installers enforce.
const OLDEST: Readonly<Record<RuntimeName, readonly [major: number, minor: number]>> = { node: [22, 18], deno: [2, 9], bun: [1, 4] };

function checkVersion(): void {
  const [major = 0, minor = 0] = runtime.version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = OLDEST[present];
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  const name = `${present[0]?.toUpperCase()}${present.slice(1)}`;
  // The module is imported by a runtime that lacks things which this package needs.
  throw new UnsupportedError(
    `polyproc needs ${name} ${OLDEST[present].join(".")} or later, and this is ${name} ${runtime.version}: run the program with a newer one.`,
  );
}

checkVersion();

// `npm run inject`: makes every system call of every scenario fail, one a run.
import { choice, integer, readArguments } from "../../tools/arguments.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { FAULTS, faultsOf, hasStrace, inject, isSound, type Outcome, type Scenario } from "./driver.ts";

const BACKENDS = ["native", "portable"] as const;
const SCENARIOS = ["spawn", "pipe", "queue", "lock"];
const VICTIMS = ["parent", "child"] as const;
/** The calls that the portable backend makes its runtime do. The runtime's other calls are no concern of this library. */
const PORTABLE = new Set([
  "socket",
  "bind",
  "listen",
  "connect",
  "accept4",
  "pipe2",
  "socketpair",
  "clone3",
  "vfork",
  "pidfd_open",
  "chmod",
]);

const given = readArguments("npm run inject --", {
  runtime: choice(RUNTIMES),
  backend: choice(BACKENDS),
  scenario: choice(SCENARIOS),
  victim: choice(VICTIMS),
  syscall: choice(Object.keys(FAULTS)),
  when: integer(undefined, 1),
});
if (!hasStrace()) {
  console.error("This command needs strace, and the right to trace processes: `apt-get install strace`.");
  process.exit(1);
}

let runs = 0;
let failures = 0;

/** A failed call of the runtime itself may end in any way that the runtime chooses, but nothing may be left. */
function isExcused({ own, left, outcome }: Outcome, isPortable: boolean): boolean {
  return own === 0 && left.length === 0 && (outcome === "died" || (!isPortable && outcome !== "untyped"));
}

async function runScenario(scenario: Scenario): Promise<void> {
  const title = `${scenario.runtime} ${scenario.backend} ${scenario.name}, ${scenario.victim}`;
  const isPortable = scenario.backend === "portable";
  const { faults, outcome, detail } = await faultsOf(scenario, isPortable);
  if (outcome !== "ok") {
    console.log(`${title}: ${outcome} without a fault ${detail}`);
    if (outcome !== "skipped") failures++;
    return;
  }
  const chosen = faults.filter(
    ({ syscall, when }) =>
      (given.syscall === undefined || given.syscall === syscall) &&
      (given.when === undefined || given.when === when) &&
      (!isPortable || PORTABLE.has(syscall)),
  );
  const counts = new Map<string, number>();
  for (const fault of chosen) {
    const result = await inject(scenario, fault);
    runs++;
    const hit = result.own > 0 ? "" : result.hit > 0 ? " (a call of the runtime)" : " (not reached)";
    const key = `${result.outcome}${hit}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (isSound(result) || isExcused(result, isPortable)) continue;
    failures++;
    const { syscall, when } = fault;
    console.log(
      `  FAILED ${title}: ${syscall} ${FAULTS[syscall]} at call ${when}${hit}: ${result.outcome}; left: ${result.left.join("; ")}`,
    );
    console.log(`      ${result.detail.replaceAll("\n", "\n      ")}`);
  }
  const table = [...counts].sort().map(([key, count]) => `${key} ${count}`);
  console.log(`${title}: ${chosen.length} faults: ${table.join(", ")}`);
}

function chosenOrAll<T>(one: T | undefined, all: readonly T[]): readonly T[] {
  return one === undefined ? all : [one];
}

for (const runtime of chosenOrAll(given.runtime, RUNTIMES))
  for (const backend of chosenOrAll(given.backend, BACKENDS))
    for (const name of chosenOrAll(given.scenario, SCENARIOS))
      for (const victim of chosenOrAll(given.victim, VICTIMS)) await runScenario({ runtime, backend, name, victim });

console.log(`${runs} runs, ${failures} of them failed.`);
process.exit(failures === 0 ? 0 : 1);

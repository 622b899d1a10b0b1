// Every call of every scenario made to fail, one a run: `matrix.ts [RUNTIME] [BACKEND] [SCENARIO] [VICTIM] [SYSCALL] [WHEN]`.
import { FAULTS, faultsOf, hasStrace, inject, isSound, type Scenario } from "./driver.ts";

const RUNTIMES = ["node", "deno", "bun"];
const BACKENDS = ["native", "portable"] as const;
const SCENARIOS = ["spawn", "pipe", "queue", "lock"];
const VICTIMS = ["parent", "child"] as const;
// What the portable backend asks its runtime for; the rest is the runtime's own affair.
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

if (!hasStrace()) {
  console.error("strace is needed, and the right to trace: `apt-get install strace`.");
  process.exit(1);
}

const wanted = process.argv.slice(2);
const among = <T extends string>(list: readonly T[], at: number): readonly T[] =>
  wanted[at] === undefined || wanted[at] === "all" ? list : list.filter((each) => each === wanted[at]);

let runs = 0;
let bad = 0;

async function matrix(scenario: Scenario): Promise<void> {
  const title = `${scenario.runtime} ${scenario.backend} ${scenario.name}, ${scenario.victim}`;
  const isPortable = scenario.backend === "portable";
  const { faults, outcome, detail } = await faultsOf(scenario, isPortable);
  if (outcome !== "ok") {
    console.log(`${title}: ${outcome} without a fault ${detail}`);
    if (outcome !== "skipped") bad++;
    return;
  }
  const [syscalls, [, , , , , when]] = [new Set(among(Object.keys(FAULTS), 4)), wanted];
  const chosen = faults.filter(
    (fault) =>
      syscalls.has(fault.syscall) && (when === undefined || fault.when === Number(when)) && (!isPortable || PORTABLE.has(fault.syscall)),
  );
  const counts = new Map<string, number>();
  for (const fault of chosen) {
    const result = await inject(scenario, fault);
    runs++;
    const hit = result.own > 0 ? "" : result.hit > 0 ? " (the runtime's)" : " (not reached)";
    // How a runtime takes the failure of a call of its own is its affair, but nothing may be left.
    const excused =
      result.own === 0 && result.left.length === 0 && (result.outcome === "died" || (!isPortable && result.outcome !== "untyped"));
    const sound = isSound(result) || excused;
    const key = `${result.outcome}${hit}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (sound) continue;
    bad++;
    console.log(
      `  BAD ${title}: ${fault.syscall} ${FAULTS[fault.syscall]} at ${fault.when}${hit}: ${result.outcome}; left: ${result.left.join("; ")}`,
    );
    console.log(`      ${result.detail.replaceAll("\n", "\n      ")}`);
  }
  const table = [...counts].sort().map(([key, count]) => `${key} ${count}`);
  console.log(`${title}: ${chosen.length} faults: ${table.join(", ")}`);
}

for (const runtime of among(RUNTIMES, 0))
  for (const backend of among(BACKENDS, 1))
    for (const name of among(SCENARIOS, 2)) for (const victim of among(VICTIMS, 3)) await matrix({ runtime, backend, name, victim });

console.log(`${runs} runs, ${bad} that must not be`);
process.exit(bad === 0 ? 0 : 1);

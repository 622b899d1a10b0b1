// The runtime alone: milliseconds from the start of an empty program to its end, or MiB of resident memory of an idle one. With --has=modules
// the program imports the modules of Node that a child of polyproc needs. With --has=thread it also has a helper thread.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { residentMemory } from "../../../tools/processes.ts";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";

const flags = "Deno" in globalThis ? ["run", "-A"] : [];

/** Starts a program of this folder: the built one if this one is built. */
function start(name: string): ChildProcess {
  const file = fileURLToPath(new URL(name + import.meta.url.slice(-3), import.meta.url));
  return spawn(process.execPath, [...flags, file], { stdio: ["ignore", "inherit", "inherit"] });
}

function ended(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("exit", resolve));
}

const { what, has, starts, settle } = settings({ what: "start", has: "nothing", starts: 10, settle: 1000 });
if (what === "start") {
  const times: number[] = [];
  for (let i = 0; i < starts; i++) {
    const begin = performance.now();
    await ended(start(has === "nothing" ? "./empty" : `./${has}`));
    times.push(performance.now() - begin);
  }
  report(starts === 1 ? times : times.slice(1));
} else {
  const child = start(has === "nothing" ? "./idle" : `./idle-${has}`);
  await new Promise((resolve) => setTimeout(resolve, settle));
  report(residentMemory(child.pid ?? 0));
  const end = ended(child);
  child.kill("SIGKILL");
  await end;
}

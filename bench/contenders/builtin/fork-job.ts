// The runtime alone, with a child of child_process.fork that runs a function of a module whose path it was sent: milliseconds until it has run
// it, or until it has ended after that, from its start or, with --from=job, from the message. Without a native library, a child that is given a
// function can't be faster.
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";

interface Job {
  readonly module: string;
  readonly name: string;
}

/** The function that is run. */
export function one(): number {
  return 1;
}

async function work({ module, name }: Job): Promise<void> {
  const target = ((await import(module)) as Record<string, () => unknown>)[name];
  process.send?.(target?.(), undefined, undefined, () => process.disconnect?.());
}

function next(child: ChildProcess, event: "message" | "exit"): Promise<unknown> {
  return new Promise((resolve) => child.once(event, resolve));
}

const given = settings({ role: "parent", from: "start", until: "join", starts: 10, pause: 0 });
if (given.role === "child") {
  // The built file, if this one is built.
  await import(`./modules${import.meta.url.slice(-3)}`);
  process.once("message", (job: Job) => void work(job));
} else {
  const start = (): ChildProcess => fork(fileURLToPath(import.meta.url), ["--role=child"], { serialization: "advanced" });
  const times: number[] = [];
  while (times.length < given.starts) {
    let begin = performance.now();
    const child = start();
    if (given.from === "job") {
      await delay(given.pause);
      begin = performance.now();
    }
    const ended = next(child, "exit");
    child.send({ module: import.meta.url, name: "one" } satisfies Job);
    await (given.until === "join" ? ended : next(child, "message"));
    times.push(performance.now() - begin);
    await ended;
  }
  report(times.slice(1));
  process.exit();
}

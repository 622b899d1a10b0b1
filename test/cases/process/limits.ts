import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Pipe, Process, Queue } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

export function spin(): void {
  for (;;);
}

export async function readyForever(ready: Queue): Promise<void> {
  await ready.put(1);
  await stay();
}

function descriptorsOf(pid: number | null): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`];
    } catch {
      // The process closed it in the meantime.
      return [];
    }
  });
}

function limitsOf(pid: number | null): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const nice = stat.slice(stat.lastIndexOf(")")).split(" ")[17];
  return `${readFileSync(`/proc/${pid}/limits`, "utf8")}${readFileSync(`/proc/${pid}/status`, "utf8")}nice ${nice}`;
}

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "a child has the descriptors that were declared, and no others": async () => {
    const ready = new Queue();
    const others = Array.from({ length: 20 }, () => Pipe());
    const child = await started({ target: readyForever, args: [ready] });
    await ready.get();
    const fds = descriptorsOf(child.pid);
    // A child inherits only stdout and stderr. All its other descriptors were opened by its own runtime.
    const sockets = (lines: readonly string[]): string[] => lines.flatMap((fd) => /socket:.*/.exec(fd) ?? []);
    const lines = descriptorsOf(process.pid);
    const outputs = sockets(lines.filter((fd) => /^[12] /.test(fd)));
    const ours = sockets(lines).filter((socket) => !outputs.includes(socket));
    assert.ok(ours.length >= 40);
    for (const ends of others) for (const end of ends) end.close();
    const shared = ours.filter((socket) => fds.some((fd) => fd.endsWith(socket)));
    assert.deepEqual(shared, []);
    assert.ok(!fds.some((fd) => fd.includes("memfd:") && !fd.includes("polyproc")), fds.join("\n"));
    assert.ok(fds.includes("0 /dev/null"), fds.join("\n"));
    child.kill();
    await child.join();
  },
  "limits are set before the child runs": async () => {
    const limits = { openFiles: 200, cpuTime: 5000, nice: 3, cpus: [0], memory: 2 ** 33 };
    const ready = new Queue();
    const child = await started({ target: readyForever, args: [ready], limits });
    await ready.get();
    const seen = limitsOf(child.pid);
    child.kill();
    await child.join();
    assert.match(seen, /Max open files +200 +200/);
    assert.match(seen, /Max cpu time +5 +5/);
    assert.match(seen, /Max data size +8589934592 /);
    assert.match(seen, /Cpus_allowed_list:\t0\n/);
    assert.match(seen, /nice 3/);
    for (const bad of [{ memory: -1 }, { cpus: [] }, { cpus: [5000] }, { openFiles: 1.5 }]) {
      assert.throws(() => new Process({ target: stay, args: [], limits: bad }), RangeError, JSON.stringify(bad));
    }
    assert.throws(() => new Process({ target: stay, args: [], limits: { size: 1 } as never }), TypeError);
    assert.throws(() => new Process({ target: stay, args: [], limits: { memory: "1" } as never }), TypeError);
  },
  "a child that uses more processor time than it may ends by SIGXCPU or SIGKILL": slow(async () => {
    const child = await started({ target: spin, args: [], limits: { cpuTime: 1000 } });
    assert.ok([-24, -9].includes((await child.join({ timeout: 20_000 })) ?? 0));
  }),
};

import assert from "node:assert/strict";
import { getLogger, Lock, type LogRecord, logToStderr, Pool, Process, Queue } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { isNative, KILLED_ITSELF, started } from "../../suite/help.ts";
import { bomb } from "../pool/bombs.ts";
import { exit } from "../pool/helpers.ts";
import { parentOfOne, parse, say, stderrOf } from "./helpers.ts";

const LONG = "0123456789".repeat(1000);

export function sayOften(times: number): void {
  for (let i = 0; i < times; i++) getLogger().info("%d %s €", i, LONG);
}

/** Starts children that all write long lines at the same time. */
export async function parentOfMany(children: number, times: number): Promise<void> {
  logToStderr("info");
  const all = Array.from({ length: children }, () => new Process({ target: sayOften, args: [times] }));
  await Promise.all(all.map((child) => child.start()));
  await Promise.all(all.map((child) => child.join()));
}

/** Dies with a lock, two items that others get again, and one that it has not got yet. */
export async function holdAndDie(lock: Lock, kept: Queue<number>, deadly: Queue): Promise<void> {
  await lock.acquire();
  await kept.get();
  await kept.get();
  await deadly.get();
}

export async function waitForEver(queue: Queue): Promise<void> {
  await queue.get();
}

export function square(n: number): number {
  return n * n;
}

/** Lets happen what the library tells of. */
export async function eventful(): Promise<void> {
  logToStderr("debug");
  const [lock, kept, deadly] = [new Lock(), new Queue<number>({ redeliver: true }), new Queue()];
  for (const item of [1, 2]) await kept.put(item);
  await deadly.put(bomb("kill", "arguments in the worker"));
  const holder = await started({ target: holdAndDie, args: [lock, kept, deadly], name: "holder" });
  await holder.join();
  await lock.acquire();
  const waiting = await started({ target: waitForEver, args: [new Queue()], name: "waiter" });
  waiting.kill();
  await waiting.join();
  const pool = new Pool({ processes: 1, maxTasksPerChild: 1, name: "few" });
  await pool.map(square, [1, 2]);
  await pool.apply(exit, [7]).catch(() => {});
  pool.close();
  await pool.join();
}

/** Calls with a handler that keeps the records, and puts the level back afterwards. */
function recorded(use: () => void): LogRecord[] {
  const records: LogRecord[] = [];
  const { level } = getLogger();
  const remove = getLogger().addHandler((record) => records.push(record));
  try {
    use();
  } finally {
    remove();
    getLogger().setLevel(level);
  }
  return records;
}

export const cases: Cases = {
  "the logger is one, writes nothing by itself, and a handler gets what its level lets through": () => {
    const log = getLogger();
    assert.equal(log, getLogger());
    assert.equal(log.level, "warning");
    assert.equal(log.isEnabledFor("error"), false);
    const records = recorded(() => {
      assert.deepEqual([log.isEnabledFor("info"), log.isEnabledFor("warning")], [false, true]);
      log.info("not this");
      log.warning("%s is %d %o", "x", 1, { y: [2] });
      log.setLevel("debug");
      log.debug("this", 3);
      log.error(new RangeError("bad"));
    });
    assert.deepEqual(
      records.map(({ level }) => level),
      ["warning", "debug", "error"],
    );
    assert.match(records[0]?.message ?? "", /^x is 1 \{ y: \[ 2/);
    assert.equal(records[1]?.message, "this 3");
    assert.match(records[2]?.message ?? "", /^RangeError: bad/);
    assert.deepEqual([records[1]?.processName, records[1]?.pid], ["MainProcess", process.pid]);
    log.error("nobody hears this");
    assert.throws(() => log.setLevel("verbose" as "info"), RangeError);
    assert.throws(() => log.addHandler("file" as never), TypeError);
    return Promise.resolve();
  },
  "children take over the level and the output, and events come once, in whole lines": async () => {
    const lines = parse(await stderrOf({ target: parentOfOne, args: ["info"], name: "middle" }));
    const [start, hello, end] = lines;
    assert.equal(lines.length, 3, JSON.stringify(lines));
    assert.deepEqual([start?.level, start?.name], ["INFO", "middle"]);
    assert.equal(start?.text, `speaker, process ${hello?.pid}, was started to run say`);
    assert.deepEqual([hello?.level, hello?.name, hello?.text], ["INFO", "speaker", "hello"]);
    assert.match(end?.text ?? "", new RegExp(`^speaker, process ${hello?.pid}, has ended with exit code 0 after \\d+ ms$`));
    assert.equal(end?.pid, start?.pid);
    assert.equal(await stderrOf({ target: parentOfOne, args: ["warning"] }), "");
    assert.equal(await stderrOf({ target: say, args: ["hello"] }), "");
  },
  "lines of many processes do not mix, also lines that are longer than a pipe keeps together": async () => {
    const [children, times] = [4, 25];
    const log = await stderrOf({ target: parentOfMany, args: [children, times] });
    for (const line of log.split("\n")) assert.ok(Buffer.byteLength(line) < 4096, `${Buffer.byteLength(line)} bytes`);
    const said = parse(log).filter(({ text }) => !/^Process-/.test(text));
    const pids = new Set(said.map(({ pid }) => pid));
    assert.equal(pids.size, children);
    for (const pid of pids) {
      const whole = said
        .filter((line) => line.pid === pid)
        .reduce((sum, { text }) => (text.endsWith("…") ? sum + text.slice(0, -1) : `${sum}${text}\n`), "");
      assert.equal(whole, Array.from({ length: times }, (_, i) => `${i} ${LONG} €\n`).join(""));
    }
  },
  "the library tells of kills, locks that it takes over, items that are lost or redelivered, and workers that it replaces": async () => {
    const lines = parse(await stderrOf({ target: eventful, name: "main" }));
    const texts = lines
      .filter(({ name }) => name === "main")
      .map(({ level, text }) => `${level} ${text.replaceAll(/process \d+/g, "process N")}`);
    const once = [
      `INFO holder, process N, has ended ${KILLED_ITSELF.signal === null ? "with exit code 1" : "by SIGKILL"} after`,
      "INFO took over a lock whose holder had died",
      "INFO sends SIGKILL to waiter, process N",
      "INFO replaces few-worker-1, because it has had its 1 tasks (maxTasksPerChild)",
      "DEBUG few-worker-1 is ready for tasks",
      "INFO redelivers 2 items of a queue, because the process that had taken them has died",
      // On the native backend, an item that is decoded has arrived.
      ...(isNative ? [] : ["WARNING lost: 1 item of a queue, which a process had taken when it died"]),
      "WARNING lost: task 3 (exit): few-worker-3",
    ];
    for (const text of once) assert.equal(texts.filter((line) => line.startsWith(text)).length, 1, `${text} in\n${texts.join("\n")}`);
    const inHolder = lines.filter(({ name }) => name === "holder").map(({ text }) => text);
    assert.ok(inHolder.includes("runs holdAndDie"), inHolder.join());
  },
};

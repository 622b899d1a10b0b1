// A root and its children, which end in the way that the argument names. The test looks at what is printed and what is left.
import { writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, isMain, Listener, type Lock, Pipe, Process, Queue, RLock } from "../../mod.ts";
import { readArguments, text } from "../../tools/arguments.ts";

const forEver = (): Promise<void> => new Promise(() => setInterval(() => {}, 1000));

/** Cleans up when it is asked to end. */
export async function cleansUp(pids: Queue<number>, folder: string): Promise<void> {
  process.on("SIGTERM", () => {
    writeFileSync(join(folder, `cleaned-${process.pid}`), "");
    process.exit(0);
  });
  await pids.put(process.pid);
  await forEver();
}

export async function ignoresTerm(pids: Queue<number>): Promise<void> {
  process.on("SIGTERM", () => {});
  await pids.put(process.pid);
  await forEver();
}

/** Waits for objects of its parent. It hears SIGTERM, so that it is still there when its waits end. */
export async function waits(pids: Queue<number>, queue: Queue, end: Connection, lock: Lock | RLock): Promise<void> {
  process.on("SIGTERM", () => {});
  await pids.put(process.pid);
  await Promise.race([queue.get(), end.recv(), lock.acquire(), queue.join()]);
}

export async function startsWaiter(...args: Parameters<typeof waits>): Promise<void> {
  const child = new Process({ target: waits, args });
  await child.start();
  await child.result();
}

/** Writes to an output that its parent reads. It hears SIGTERM, so that it sees the end of that output. */
export async function writes(pids: Queue<number>): Promise<void> {
  process.on("SIGTERM", () => {});
  await pids.put(process.pid);
  for (;;)
    await new Promise<void>((resolve, reject) => process.stdout.write("x".repeat(65_536), (error) => (error ? reject(error) : resolve())));
}

export async function idle(pids: Queue<number>): Promise<void> {
  await pids.put(process.pid);
  await forEver();
}

export function exits(code: number): void {
  process.exit(code);
}

async function start(count: number, make: (pids: Queue<number>) => Process<never, unknown>[]): Promise<void> {
  const pids = new Queue<number>();
  for (const child of make(pids)) await child.start();
  const known = [process.pid];
  while (known.length <= count) known.push(await pids.get());
  writeSync(1, `${JSON.stringify(known)}\n`);
}

/** The ways in which the root ends by itself after it has shared objects and listens. */
const WAYS: Readonly<Record<string, () => unknown>> = {
  "process.exit": () => process.exit(3),
  "Deno.exit": () => (globalThis as unknown as { Deno: { exit(code: number): void } }).Deno.exit(3),
  throw: () =>
    setTimeout(() => {
      throw new Error("nobody catches this");
    }),
  reject: () => void Promise.reject(new Error("nobody handles this")),
  "top level": () => {
    throw new Error("nobody catches this");
  },
};

async function main(kind: string, folder: string): Promise<void> {
  const all = (made: readonly Process<never, never>[] | readonly unknown[]): Process<never, unknown>[] => made as never;
  if (kind === "cleanup")
    await start(2, (pids) =>
      all([new Process({ target: cleansUp, args: [pids, folder] }), new Process({ target: cleansUp, args: [pids, folder] })]),
    );
  if (kind === "stubborn") await start(1, (pids) => all([new Process({ target: ignoresTerm, args: [pids] })]));
  if (kind === "idle") await start(1, (pids) => all([new Process({ target: idle, args: [pids] })]));
  if (kind === "daemons") {
    await start(2, (pids) =>
      all([
        new Process({ target: cleansUp, args: [pids, folder], daemon: true }),
        new Process({ target: ignoresTerm, args: [pids], daemon: true, grace: 400 }),
      ]),
    );
    return;
  }
  if (kind === "waits") {
    const queue = new Queue();
    const lock = new RLock();
    await lock.acquire();
    const pipes = [Pipe(), Pipe()] as const;
    await start(2, (pids) =>
      all([
        new Process({ target: waits, args: [pids, queue, pipes[0][1], lock] }),
        new Process({ target: startsWaiter, args: [pids, queue, pipes[1][1], lock] }),
      ]),
    );
    await forEver();
  }
  if (kind === "writes") {
    await start(1, (pids) => all([new Process({ target: writes, args: [pids], stdout: "pipe" })]));
    await forEver();
  }
  if (kind === "codes") {
    const codes: unknown[] = [];
    for (const code of [0, 3]) {
      const child = new Process({ target: exits, args: [code] });
      await child.start();
      codes.push(await child.join());
    }
    writeSync(1, `${JSON.stringify(codes)}\n`);
    return;
  }
  const way = WAYS[kind];
  if (way === undefined) return forEver();
  const child = new Process({ target: exits, args: [0] });
  await child.start();
  await child.join();
  const listener = new Listener({ address: join(folder, "listener"), authKey: "secret" });
  const accepting = listener.accept().catch(() => {});
  await listener.ready;
  writeSync(1, "[]\n");
  await way();
  await accepting;
}

if (isMain(import.meta)) {
  const { kind } = readArguments("endings.ts", { kind: text("idle") });
  // Bun lives on after an uncaught error while the main module waits.
  const done = main(kind, tmpdir());
  if (kind === "top level") await done;
}

// Drops more connections than this process may have files, without closing them, as the client or as the listener. Another process is the
// other side. Then no file is left, and the errors are printed.
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Client, type Connection, isMain, Listener, Process, Queue } from "../../mod.ts";

const MANY = 150;
const LIMIT = 120;
const authKey = "secret";
const anyPort = { host: "127.0.0.1", port: 0 };

async function messageOf(call: () => unknown): Promise<string | null> {
  // An object that was made in this turn of the event loop is not collected.
  await new Promise((resolve) => setTimeout(resolve, 0));
  try {
    await call();
    return null;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** Accepts so many connections, and closes each when its other side is closed. */
export async function accepts(addresses: Queue, end: Queue): Promise<void> {
  const listener = new Listener({ address: anyPort, authKey });
  await listener.ready;
  await addresses.put(listener.address);
  void (async () => {
    for await (const connection of listener)
      connection.recv().then(
        () => {},
        () => connection.close(),
      );
  })();
  await end.get();
  listener.close();
}

/** Connects until so many connections were made. A listener without files drops some. Then it waits until they are closed. */
export async function connects(addresses: Queue, results: Queue): Promise<void> {
  const address = (await addresses.get()) as { host: string; port: number };
  let failures = 0;
  for (let made = 0; made < MANY && failures < MANY; ) {
    const connection: Connection | undefined = await Client(address, { authKey, timeout: 5000 }).catch(() => undefined);
    if (connection === undefined) failures++;
    else made++;
    if (connection !== undefined) connection.recv().catch(() => connection.close());
  }
  await results.put(failures);
}

function limitFiles(): void {
  spawnSync("prlimit", [`--pid=${process.pid}`, `--nofile=${LIMIT}:${LIMIT}`]);
}

async function client(): Promise<unknown> {
  const [addresses, end] = [new Queue(), new Queue()];
  const child = new Process({ target: accepts, args: [addresses, end] });
  await child.start();
  const address = (await addresses.get()) as { host: string; port: number };
  limitFiles();
  const failures: (string | null)[] = [];
  for (let i = 0; i < MANY; i++) failures.push(await messageOf(async () => void (await Client(address, { authKey }))));
  const kept: Connection[] = [];
  let message: string | null = null;
  while (message === null) message = await messageOf(async () => void kept.push(await Client(address, { authKey })));
  const hogs: number[] = [];
  await messageOf(() => {
    for (;;) hogs.push(openSync("/dev/null", "r"));
  });
  const unheard = await messageOf(() => new Listener({ address: anyPort, authKey }).ready);
  for (const fd of hogs) closeSync(fd);
  for (const connection of kept) connection.close();
  const later = await messageOf(async () => (await Client(address, { authKey })).close());
  await end.put(0);
  await child.join();
  return { failures: failures.filter((each) => each !== null), kept: kept.length, message, unheard, later };
}

async function listener(): Promise<unknown> {
  const [addresses, results] = [new Queue(), new Queue()];
  // It ends with this process, which keeps the connections that the collector has not found.
  const child = new Process({ target: connects, args: [addresses, results], daemon: true });
  await child.start();
  limitFiles();
  const listens = new Listener({ address: anyPort, authKey });
  await listens.ready;
  await addresses.put(listens.address);
  for (let i = 0; i < MANY; i++) await listens.accept();
  listens.close();
  return { failures: await results.get() };
}

if (isMain(import.meta)) console.log(JSON.stringify(await (process.argv[2] === "client" ? client() : listener())));

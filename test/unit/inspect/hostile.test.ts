// What `polyproc ps` makes of processes that tell nonsense.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Inspected } from "../../../src/backend/contract/inspect.ts";
import { askHubs } from "../../../src/backend/portable/inspect.ts";
import { reportOf } from "../../../src/inspect/report.ts";
import { tableOf } from "../../../src/inspect/table.ts";
import { pageOf, readPage } from "../../../src/tree/page.ts";
import { textOf } from "../../../src/util/checked.ts";

const HELLO = 11 + 32;
const opened: (() => void)[] = [];

afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** Asks a hub that answers so. */
async function ask(answer: (socket: Socket) => void): Promise<Inspected> {
  const folder = mkdtempSync(join(tmpdir(), "pp-hub-"));
  const address = join(folder, "hub.sock");
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(address, resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return askHubs([{ pid: 7, files: new Map(), address }]);
}

const says = (objects: unknown) => (socket: Socket) => void socket.end(Buffer.concat([new Uint8Array(HELLO), pageOf({ objects })]));
const lock = { id: "00ff", kind: "lock", numbers: {}, users: [7], holders: [7], waiters: [{ pid: 8, call: "acquire" }] };

describe("a hub", () => {
  it("that answers is read", async () => {
    const { objects, silent } = await ask(says([lock]));
    expect(silent).toEqual([]);
    expect(objects).toMatchObject([{ kind: "lock", id: "00ff", host: 7, holders: [{ pid: 7 }], waiters: [{ pid: 8, call: "acquire" }] }]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["says nothing", () => {}],
    ["hangs up", (socket) => void socket.end()],
    [
      "says less than it announces",
      (socket) => void socket.end(Buffer.concat([new Uint8Array(HELLO), pageOf({ objects: [lock] }).slice(0, -1)])),
    ],
    ["says something else", (socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(10))],
    ["never ends", (socket) => void setInterval(() => socket.write(new Uint8Array(1 << 16)), 1).unref()],
  ])("that %s does not answer", async (_, answer) => {
    const start = performance.now();
    expect(await ask(answer)).toEqual({ objects: [], silent: [7] });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("can't bring in what has not the right form", async () => {
    const bad = [null, 7, [], {}, { ...lock, kind: "constructor" }, { ...lock, id: "\u001b[2J" }, { ...lock, id: "a".repeat(65) }];
    expect((await ask(says(bad))).objects).toEqual([]);
    expect((await ask(says("many"))).objects).toEqual([]);
    const odd = {
      ...lock,
      holders: [-1, "x", 1.5],
      users: {},
      numbers: { size: "1", "\u001b": 2, ok: 3 },
      waiters: [{ pid: 1e99, call: "\u001b" }, 3],
    };
    const [{ holders, users, numbers, waiters } = {} as never] = (await ask(says([odd]))).objects;
    expect([holders.map(({ pid }) => pid), users, numbers, waiters]).toEqual([[null, null, null], [], { ok: 3 }, []]);
  });
});

describe("a page", () => {
  it("is read back, and half of one is none", () => {
    const bytes = pageOf({ name: "Prozeß\n" });
    expect(readPage(bytes)).toEqual({ name: "Prozeß\n" });
    // A shorter page over a longer one leaves the longer one's end.
    expect(readPage(Buffer.concat([bytes, Buffer.from("}}}")]))).toEqual({ name: "Prozeß\n" });
    for (let end = 0; end < bytes.length; end++) expect(readPage(bytes.subarray(0, end))).toBeUndefined();
    const changed = bytes.slice();
    changed[bytes.length - 3] = 33;
    expect(readPage(changed)).toBeUndefined();
  });

  it.each(["polyproc-page-1 2 0\n[]", "polyproc-page-1 -1 0\n", "polyproc-page-1 NaN NaN\n", "x", ""])("is not %j", (text) => {
    expect(readPage(Buffer.from(text))).toBeUndefined();
  });
});

describe("a text", () => {
  it("can't change the terminal", () => {
    expect(textOf("a\u001b[2Jb\u009b\u2028\u202e\nc")).toBe("a?[2Jb????c");
    expect(textOf("x".repeat(1000))).toHaveLength(200);
    expect(textOf({})).toBeNull();
  });
});

describe("a table", () => {
  it("is no wider than the terminal: the widest text is cut", () => {
    const columns = [
      { title: "PID", cell: ({ pid }: { pid: number }) => String(pid), isNumber: true },
      { title: "NAME", cell: () => "a name that is much too long for this" },
      { title: "KIND", cell: () => "Lock" },
    ];
    const lines = tableOf(columns, [{ pid: 12345 }], 30);
    expect(lines).toEqual(["  PID  NAME               KIND", "12345  a name that is m…  Lock"]);
    expect(lines.every((line) => line.length <= 30)).toBe(true);
  });

  it("says so if there is no process", () => {
    const none = {
      schema: 1,
      polyproc: "",
      time: 0,
      processes: [],
      queues: [],
      locks: [],
      others: [],
      pools: [],
      managers: [],
      deadlocks: [],
    } as const;
    expect(reportOf(none, { width: 80, rows: 10 })).toEqual(["No process of this user uses polyproc."]);
  });
});

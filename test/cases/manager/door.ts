import assert from "node:assert/strict";
import {
  type Address,
  AuthenticationError,
  ClosedError,
  Manager,
  type Namespace,
  Queue,
  type Remote,
  type SharedDict,
  type SharedList,
  type SharedSet,
  UnsupportedError,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { LOCAL, newPath } from "../listener/helpers.ts";
import { RawPeer, recorder } from "../listener/raw-peer.ts";
import { increment, Tally, withManager } from "./helpers.ts";

const authKey = "a long secret";
/** So many outsiders at most may be in the handshake at one time. */
const HALF_OPEN = 128;
/** So many milliseconds at most may a handshake take. */
const HANDSHAKE_MS = 5000;

export const cases: Cases = {
  "objects from outside of the tree, over TCP and over a path (test_remote)": async () => {
    for (const address of [LOCAL, newPath()])
      await withManager(
        async (manager) => {
          const tally = await manager.create(Tally, [1]);
          const objects = {
            dict: await manager.dict<string, unknown>([["a", 1]]),
            list: await manager.list([1]),
            set: await manager.set([1]),
            tally,
          };
          for (const [name, object] of Object.entries(objects)) await manager.expose(name, object);
          await manager.expose("space", await manager.namespace({ a: 1 }));
          assert.ok(manager.address !== undefined);
          using remote = await Manager.connect(manager.address, { authKey });
          const dict = await remote.get<SharedDict<string, unknown>>("dict");
          await dict.set("ü", [new Uint8Array([1]), null, undefined]);
          assert.deepEqual(await objects.dict.get("ü"), [new Uint8Array([1]), null, undefined]);
          assert.equal(await dict.compute("a", increment as never), 2);
          assert.equal(await dict.pop("none", "gone"), "gone");
          assert.equal(await (await remote.get<SharedList>("list")).pop(), 1);
          assert.equal(await (await remote.get<SharedSet<number>>("set")).add(2), true);
          assert.equal(await (await remote.get<Namespace<{ a: number }>>("space")).get("a"), 1);
          const far = await remote.get<Remote<Tally>>("tally");
          assert.equal(await far.add(1), 2);
          const error = (await rejects(far.fail("no"), RangeError, /^no$/)) as Error & { remote: object };
          assert.equal((error.remote as { method: string }).method, "fail");
          const seen: number[] = [];
          for await (const n of far.count(1e9)) if (seen.push(n) === 3) break;
          assert.deepEqual([seen, await tally.endings()], [[0, 1, 2], 1]);
          await rejects(remote.get("nothing"), RangeError, /no object "nothing".*"dict"/);
        },
        { address, authKey },
      );
  },
  "shared objects stay inside, wrong keys stay outside, and ends are told": async () => {
    const manager = new Manager({ address: LOCAL, authKey });
    await manager.expose("dict", await manager.dict());
    const address = manager.address as { host: string; port: number };
    await rejects(Manager.connect(address, { authKey: "another" }), AuthenticationError);
    const remote = await Manager.connect(address, { authKey });
    const other = await Manager.connect(address, { authKey });
    const [dict, q] = [await remote.get<SharedDict>("dict"), new Queue()];
    await rejects(dict.set("q", q), UnsupportedError, /between process trees/);
    await rejects(q.put(dict), UnsupportedError, /connect/);
    const inner = await manager.dict();
    const tally = await manager.create(Tally);
    await manager.expose("tally", tally);
    const iterated = await (await remote.get<Remote<Tally>>("tally")).count(1e9);
    await iterated.next();
    const near = (await manager.dict()) as SharedDict;
    await near.set("inner", inner);
    await manager.expose("near", near);
    await rejects((await remote.get<SharedDict>("near")).get("inner"), UnsupportedError, /expose it by a name/);
    const kept = await other.get<SharedDict>("dict");
    remote.close();
    await rejects(dict.size(), ClosedError, /connection/);
    await until(async () => (await tally.endings()) === 1);
    assert.equal(await kept.size(), 0);
    await manager[Symbol.asyncDispose]();
    await rejects(kept.size(), ClosedError, /was closed in this process/);
    await rejects(Manager.connect(address, { authKey }), Error, /Nobody listens/);
    other.close();
  },
  "managers follow each other at one address at once, and none has the objects of another (test_rapid_restart)": async () => {
    for (const [first, rounds] of [
      [LOCAL, 3],
      [newPath(), 2],
    ] as const) {
      let address: Address = first;
      let earlier: SharedList<number> | undefined;
      const connections: Disposable[] = [];
      for (let round = 1; round <= rounds; round++) {
        const manager = new Manager({ address, authKey });
        await manager.expose(`list ${round}`, await manager.list([round]));
        address = manager.address as Address;
        // Its connection was open when its manager was closed, and does not lead to the next one.
        if (earlier !== undefined) await rejects(earlier.toArray(), ClosedError);
        const remote = await Manager.connect(address, { authKey });
        connections.push(remote);
        earlier = await remote.get<SharedList<number>>(`list ${round}`);
        assert.deepEqual(await earlier.toArray(), [round]);
        await rejects(remote.get(`list ${round - 1}`), RangeError, new RegExp(`: it has "list ${round}"\\.$`));
        await manager[Symbol.asyncDispose]();
      }
      for (const connection of connections) connection[Symbol.dispose]();
    }
  },
  "a recorded connection to a manager can't be replayed": () =>
    withManager(
      async (manager) => {
        const dict = await manager.dict([["n", 0]]);
        await manager.expose("dict", dict);
        const { path, server, recorded } = await recorder(manager.address as string);
        const remote = await Manager.connect(path, { authKey });
        const far = await remote.get<SharedDict<string, number>>("dict");
        assert.equal(await far.compute("n", increment), 1);
        remote.close();
        server.close();
        const raw = await RawPeer.connect(manager.address as Address);
        for (const chunk of recorded) await raw.write(chunk);
        await raw.closed;
        assert.match(String(raw.bytes), /#FAILURE#$/);
        assert.equal(await dict.get("n"), 1, "the call in it was made once");
      },
      { address: newPath(), authKey },
    ),
  "a thousand idle outsiders: who has the key is served within 1 s, and most of them are cut off": slow(() =>
    withManager(
      async (manager) => {
        await manager.expose("dict", await manager.dict([["n", 0]]));
        const address = manager.address as Address;
        const idle: RawPeer[] = [];
        let closed = 0;
        const more = async (count: number): Promise<void> => {
          for (const raw of await Promise.all(Array.from({ length: count }, () => RawPeer.connect(address)))) {
            idle.push(raw);
            void raw.closed.then(() => closed++);
          }
        };
        for (let i = 0; i < 19; i++) await more(50);
        await until(() => closed >= 950 - HALF_OPEN);
        const last = more(50);
        const start = performance.now();
        using remote = await Manager.connect(address, { authKey });
        const dict = await remote.get<SharedDict<string, number>>("dict");
        assert.equal(await dict.get("n"), 0);
        assert.ok(performance.now() - start < HANDSHAKE_MS, `served after ${performance.now() - start} ms`);
        await last;
        await until(() => closed >= 1000 - HALF_OPEN);
        for (const { socket } of idle) socket.destroy();
      },
      { address: newPath(), authKey },
    ),
  ),
};

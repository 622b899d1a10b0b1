import assert from "node:assert/strict";
import { getContext, Pipe, Queue, UnsupportedError, wait, waitSync } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "waitSync: connections, queues and processes together": async () => {
    const [a, b] = Pipe();
    const q = new Queue();
    const child = await started({ target: stay, args: [] });
    assert.deepEqual(waitSync([a, q, child], { timeout: 50 }), []);
    b.sendSync(1);
    assert.deepEqual(waitSync([a, q, child]), [a]);
    q.putSync(1);
    assert.deepEqual(waitSync([a, q, child]), [a, q]);
    a.recvSync();
    q.getSync();
    child.kill();
    assert.deepEqual(waitSync([a, q, child.sentinel]), [child.sentinel]);
    assert.deepEqual(await wait([a, q, child]), [child]);
    await child.join();
    const portable = getContext("spawn", { backend: "portable" });
    assert.throws(() => waitSync([new portable.Queue()]), UnsupportedError);
  },
  "waitSync: a process that is starting is not ready, and one that has ended is, whatever started it": async () => {
    const { Process } = getContext("spawn", { backend: "portable" });
    const child = new Process({ target: stay });
    const start = child.start();
    assert.deepEqual(waitSync([child], { timeout: 20 }), []);
    await start;
    assert.throws(() => waitSync([child], { timeout: 0 }), UnsupportedError);
    child.kill();
    await child.join();
    assert.deepEqual(waitSync([child]), [child]);
    child.close();
  },
};

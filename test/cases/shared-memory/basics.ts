import assert from "node:assert/strict";
import { existsSync, statSync, truncateSync } from "node:fs";
import { ClosedError, ProcessError, Queue, SharedMemory } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { withFile } from "../../suite/memory-file.ts";
import { expectNothingLeft, freshName, MIB, make, pathOf } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

export const cases: Cases = {
  "its name, size and bytes; a second object for the name sees what the first one writes, whatever smaller size it asks for": slow(
    async () => {
      const name = freshName();
      const memory = new SharedMemory({ create: true, size: 1000, name });
      assert.equal(memory.name, name);
      assert.equal(memory.size, 1000);
      assert.equal(memory.buf.length, 1000);
      assert.ok(memory.buf.every((byte) => byte === 0));
      memory.buf[0] = 42;
      memory.buf[999] = 43;
      const same = new SharedMemory({ name, size: 5 });
      assert.equal(same.size, 1000);
      assert.equal(same.name, name);
      assert.equal(same.buf[0], 42);
      same.buf[1] = 7;
      assert.equal(memory.buf[1], 7);
      assert.equal(memory.buf.buffer, memory.buf.buffer);
      same.close();
      assert.equal(memory.buf[999], 43);
      memory.close();
    },
  ),
  "attaching asks for more bytes than there are: refused, and the memory stays": async () => {
    using memory = make(1000);
    assert.throws(() => new SharedMemory({ name: memory.name, size: 1001 }), RangeError);
    assert.throws(() => new SharedMemory({ name: memory.name, size: 1001 }), /has 1000 bytes, which is less than the given size 1001/);
    using same = new SharedMemory({ name: memory.name, size: 1000, create: false });
    assert.equal(same.size, 1000);
  },
  "without a name: no file in /dev/shm, no name, and nobody can shrink it": async () => {
    for (const options of [{ size: 5000 }, { size: 5000, create: true }]) {
      const { object: memory, file } = withFile(() => new SharedMemory(options));
      assert.equal(memory.name, null);
      assert.equal(memory.size, 5000);
      assert.ok(memory.buf.every((byte) => byte === 0));
      memory.buf[4999] = 9;
      assert.throws(() => truncateSync(file, 0), { code: "EPERM" });
      assert.throws(() => memory.unlink(), /has no name that could be removed/);
      assert.equal(memory.buf[4999], 9);
      memory.close();
      assert.equal(memory.name, null);
    }
  },
  "the file of memory with a name is for its user alone": async () => {
    using memory = make(1);
    assert.equal(statSync(pathOf(memory.name)).mode & 0o777, 0o600);
  },
  "sizes around a page are exact": async () => {
    for (const size of [1, 4095, 4096, 4097, 3 * MIB + 1]) {
      using memory = make(size);
      using same = new SharedMemory({ name: memory.name });
      assert.equal(same.buf.length, size);
      same.buf[size - 1] = 9;
      assert.equal(memory.buf[size - 1], 9);
    }
  },
  "a name is taken once, and is free again after unlink": async () => {
    const memory = make(8);
    const { name } = memory;
    assert.throws(() => make(8, name), ProcessError);
    assert.throws(() => make(8, name), /already: attach it without create/);
    memory.unlink();
    assert.throws(() => memory.unlink(), /removed already/);
    assert.throws(() => new SharedMemory({ name }), /There is no shared memory named/);
    memory.buf[0] = 1;
    const second = make(16, name);
    assert.throws(() => memory.unlink(), /removed already/);
    memory.close();
    using third = new SharedMemory({ name });
    assert.equal(third.size, 16);
    second.close();
  },
  "unlink by any object for the memory: the other objects keep the memory": async () => {
    const memory = make(8);
    const same = new SharedMemory({ name: memory.name });
    same.unlink();
    assert.throws(() => memory.unlink(), ProcessError);
    same.buf[0] = 3;
    same.close();
    assert.equal(memory.buf[0], 3);
    memory.close();
    assert.throws(() => memory.unlink(), /removed already/);
  },
  "unlink by an object for removed memory: the name's next owner keeps it": async () => {
    const memory = make(8);
    const same = new SharedMemory({ name: memory.name });
    memory.unlink();
    using next = make(16, memory.name);
    assert.throws(() => same.unlink(), /removed already/);
    same.close();
    assert.throws(() => same.unlink(), /removed already/);
    using third = new SharedMemory({ name: next.name });
    assert.equal(third.size, 16);
  },
  "attaching to a name that does not exist": async () => {
    const name = freshName();
    assert.throws(() => new SharedMemory({ name }), ProcessError);
    assert.throws(() => new SharedMemory({ name }), /There is no shared memory named/);
    assert.ok(!existsSync(pathOf(name)));
  },
  "after close: views have no bytes, buf is refused, name and size stay": async () => {
    const memory = make(4096);
    const { buf } = memory;
    const words = new Float64Array(buf.buffer, 8, 3);
    const view = new DataView(buf.buffer, 16);
    words[0] = 1.5;
    memory.close();
    memory.close();
    assert.equal(buf.length, 0);
    assert.equal(buf[0], undefined);
    buf[0] = 1;
    assert.throws(() => buf.fill(1), TypeError);
    assert.equal(words.length, 0);
    assert.throws(() => view.getInt8(0), TypeError);
    assert.throws(() => memory.buf, ClosedError);
    assert.throws(() => memory.buf, /only before close/);
    assert.equal(memory.size, 4096);
    assert.match(memory.name, /^test-/);
    await rejects(new Queue().put(memory), ClosedError);
    const disposed = make(1);
    {
      using _held = disposed;
    }
    assert.throws(() => disposed.buf, ClosedError);
  },
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(10);
  },
};

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BufferTooShort, type Connection, EOFError, MessageTooLongError, Pipe } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isFilled, isNative, MIB, pattern, rejects, started, utf8 } from "../../suite/help.ts";
import { echo } from "./helpers.ts";

export async function echoBytes(conn: Connection): Promise<void> {
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = await conn.recvBytes();
    } catch (error) {
      if (error instanceof EOFError) return;
      throw error;
    }
    await conn.sendBytes(bytes);
  }
}

export const cases: Cases = {
  "sendBytes takes the bytes as they are at the call, and received bytes are a copy of their own": async () => {
    const [here, there] = Pipe();
    const child = await started({ target: echoBytes, args: [there], transfer: [there] });
    for (const size of [1, 20_000, 100_000, 3_000_000]) {
      const bytes = new Uint8Array(size).fill(1);
      const sent = here.sendBytes(bytes);
      bytes.fill(2);
      await sent;
      const back = await here.recvBytes();
      assert.ok(isFilled(back, size, 1), `${size} bytes changed on their way`);
      if (size < 60_000) assert.equal(back.buffer.byteLength, size);
      // The same holds within one process.
      const [a, b] = Pipe();
      bytes.fill(1);
      const local = size < 1_000_000 ? a.sendBytes(bytes) : undefined;
      bytes.fill(2);
      if (local !== undefined) assert.ok(isFilled(await b.recvBytes(), size, 1));
      await local;
      a.close();
      b.close();
    }
    here.close();
    await child.join();
  },
  "a large message is whole, whether its reader comes at once or late": async () => {
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => i % 251);
    const [here, there] = Pipe();
    const child = await started({ target: echoBytes, args: [there], transfer: [there] });
    const [a, b] = Pipe();
    for (let i = 0; i < 3; i++) {
      await here.sendBytes(bytes);
      assert.deepEqual(await here.recvBytes(), bytes);
      const sent = a.sendBytes(bytes);
      await delay(1);
      assert.deepEqual(await b.recvBytes(), bytes);
      await sent;
    }
    here.close();
    await child.join();
    a.close();
    b.close();
  },
  "received bytes stay what they are, however large the message is": async () => {
    const [a, b] = Pipe();
    const receive: Record<string, () => Promise<Uint8Array>> = {
      recvBytes: () => b.recvBytes(),
      recvBytesInto: async () =>
        ((await rejects(b.recvBytesInto(new Uint8Array(1)), BufferTooShort)) as BufferTooShort).bytes as Uint8Array,
    };
    if (isNative) receive.recvBytesSync = async () => b.recvBytesSync();
    for (const [name, once] of Object.entries(receive)) {
      for (const size of [(1 << 16) - 1, 1 << 16, (1 << 16) + 1]) {
        await a.sendBytes(new Uint8Array(size).fill(1));
        const first = await once();
        await a.sendBytes(new Uint8Array(16).fill(2));
        await once();
        assert.ok(isFilled(first, size, 1), `${name}: ${size} bytes were overwritten`);
      }
    }
    a.close();
    b.close();
  },
  "messages stay whole and apart, empty ones too (test_strings, test_dont_merge)": async () => {
    const [a, b] = Pipe();
    const strings = ["hello", "", "a", "b", "", "bye", "", "lop"];
    for (const each of strings) await b.sendBytes(utf8(each));
    for (const each of strings) {
      assert.equal(await a.poll(0), true);
      assert.deepEqual(await a.recvBytes(), utf8(each));
    }
    assert.equal(await a.poll(100), false);
  },
  "recvBytes(maxLength): too long is dropped and the connection stays good": async () => {
    const [a, b] = Pipe();
    await a.sendBytes(utf8("too long"));
    await a.sendBytes(utf8("ok"));
    await rejects(b.recvBytes(3), MessageTooLongError, /8 bytes/);
    assert.deepEqual(await b.recvBytes(2), utf8("ok"));
    await a.sendBytes(new Uint8Array(0));
    assert.equal((await b.recvBytes(0)).length, 0);
    for (const bad of [-1, 1.5, Number.NaN]) await rejects(b.recvBytes(bad), RangeError, /maxLength/);
    await rejects(b.recvBytes("3" as never), TypeError);
    await rejects(b.recvBytesInto(new Uint8Array(2), 3), RangeError);
    await rejects(b.recvBytesInto("x" as never), TypeError);
  },
  "messages of 0 bytes to 64 MiB, with HUGE_MESSAGES=1 to 1 GiB; above the limit a RangeError first": slow(async () => {
    const [a, b] = Pipe();
    const child = await started({ target: echo, args: [b], transfer: [b] });
    for (const size of [1, 16383, 16384, 65536, 65537, 5 * MIB]) {
      const bytes = pattern(size);
      await a.sendBytes(bytes);
      assert.deepEqual(await a.recvBytes(), bytes);
    }
    await rejects(a.sendBytes(new Uint8Array(1024 * MIB + 2 * MIB)), RangeError);
    await rejects(a.send(new Uint8Array(1024 * MIB + 2 * MIB)), RangeError);
    const huge = new Uint8Array((process.env.HUGE_MESSAGES === undefined ? 64 : 1024) * MIB);
    huge[huge.length - 1] = 7;
    await a.sendBytes(huge);
    const back = await a.recvBytes();
    assert.equal(back.length, huge.length);
    assert.equal(back[back.length - 1], 7);
    await a.sendBytes(new Uint8Array(0));
    await child.join();
  }),
};

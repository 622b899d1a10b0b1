import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AuthenticationError, CorruptedError } from "../../src/errors/errors.ts";
import { frameMessage } from "../../src/remote/framing.ts";
import { admit, introduce, type Peer, proofFor } from "../../src/remote/handshake.ts";
import { MessageReader } from "../../src/remote/message-reader.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const key = text("a key that both sides know");

function queue(): { put(bytes: Uint8Array): void; take(): Promise<Uint8Array> } {
  const items: Uint8Array[] = [];
  const takers: ((bytes: Uint8Array) => void)[] = [];
  return {
    put: (bytes) => {
      const taker = takers.shift();
      if (taker === undefined) items.push(bytes);
      else taker(bytes);
    },
    take: () => {
      const item = items.shift();
      return item === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(item);
    },
  };
}

/** Two peers of a handshake, and the messages between them. `change` may replace a message. */
function makePeers(change = (bytes: Uint8Array, _index: number): Uint8Array => bytes): { ends: [Peer, Peer]; seen: Uint8Array[] } {
  const [there, back] = [queue(), queue()];
  const seen: Uint8Array[] = [];
  const send = (to: { put(bytes: Uint8Array): void }) => async (bytes: Uint8Array) => {
    const sent = change(bytes, seen.length);
    seen.push(sent);
    to.put(sent);
  };
  return {
    ends: [
      { send: send(there), recv: () => back.take() },
      { send: send(back), recv: () => there.take() },
    ],
    seen,
  };
}

describe("the handshake", () => {
  it("gives the proofs of CPython 3.13 (test_challengeresponse)", () => {
    const nonce = Uint8Array.from({ length: 40 }, (_, i) => i);
    const expected = {
      sha256: "9438c94662e5d75526e3f57de4be5a6bd1f51d8b7b9bc4f73edaf8288ee78cda",
      sha384: "aee293d8b70ee2751b3bf67323e21822fe74e0a41d4af581b702129d5e88fa73b11d785fb96860deb5ededa29edf1e8b",
      sha3_256: "319a5cdb3e04204ecf081387070373bbda6f82b9568d14e8de180186b5320c7a",
      sha3_384: "babf8d622d0093e45c1508be964cf7d878eaf690a985f7ed7c596976156d0f0edb6d8a455520a967a522307b3dc0182e",
    };
    for (const [name, digest] of Object.entries(expected)) {
      const reply = proofFor(key, join(text(`{${name}}`), nonce));
      expect(Buffer.from(reply).toString("latin1", 0, name.length + 2)).toBe(`{${name}}`);
      expect(Buffer.from(reply.subarray(name.length + 2)).toString("hex")).toBe(digest);
    }
  });

  it("goes through with one key, in CPython's order and with fresh nonces", async () => {
    const runs = await Promise.all(
      [0, 1].map(async () => {
        const { ends, seen } = makePeers();
        await Promise.all([admit(ends[0], key), introduce(ends[1], key)]);
        return seen.map((bytes) => Buffer.from(bytes).toString("latin1"));
      }),
    );
    const starts = ["#CHALLENGE#{sha256}", "{sha256}", "#WELCOME#", "#CHALLENGE#{sha256}", "{sha256}", "#WELCOME#"];
    for (const run of runs) {
      expect(run.length).toBe(6);
      run.forEach((message, i) => {
        expect(message.startsWith(starts[i] ?? "?")).toBe(true);
        expect(message.length).toBeLessThanOrEqual(256);
      });
      expect(run[0]?.length).toBe("#CHALLENGE#{sha256}".length + 48);
    }
    for (const i of [0, 1, 3, 4]) expect(runs[0]?.[i]).not.toBe(runs[1]?.[i]);
  });

  it("fails on both sides with two keys, whatever their lengths", async () => {
    for (const other of [text("another"), key.subarray(1), join(key, text("x")), new Uint8Array(1)]) {
      const { ends } = makePeers();
      const both = await Promise.allSettled([admit(ends[0], key), introduce(ends[1], other)]);
      for (const each of both) expect(each.status === "rejected" && each.reason).toBeInstanceOf(AuthenticationError);
    }
  });

  it("fails when any bit of any message is changed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.nat(2000), fc.nat(7), async (which, at, bit) => {
        const { ends } = makePeers((bytes, index) => {
          if (index !== which) return bytes;
          const changed = bytes.slice();
          changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ (1 << bit);
          return changed;
        });
        const failed = await Promise.any([
          admit(ends[0], key).then(
            () => new Promise<never>(() => {}),
            (error: unknown) => error,
          ),
          introduce(ends[1], key).then(
            () => new Promise<never>(() => {}),
            (error: unknown) => error,
          ),
        ]);
        expect(failed).toBeInstanceOf(AuthenticationError);
      }),
      { numRuns: 300 },
    );
  });

  it("a client does not reply to a challenge of a client, whatever its random bytes are; a listener does", async () => {
    for (let i = 0; i < 20; i++) {
      const { ends, seen } = makePeers();
      await Promise.all([admit(ends[0], key), introduce(ends[1], key)]);
      const asked = seen[3] ?? new Uint8Array(0);
      const reflected = makePeers();
      const client = introduce(reflected.ends[1], key);
      await reflected.ends[0].send(asked);
      await expect(client).rejects.toThrow(AuthenticationError);
      expect(reflected.seen.length).toBe(1);
    }
  });

  it("does not reply to a challenge that is MD5, short or nameless", () => {
    for (const challenge of [
      randomBytes(20),
      randomBytes(16),
      join(text("{md5}"), randomBytes(40)),
      join(text("{sha512}"), randomBytes(40)),
      join(text("{toString}"), randomBytes(40)),
      text("{sha256}"),
      text("{sha256}12345678901"),
      text("{sha256"),
      text(`{${"a".repeat(100)}}`),
      new Uint8Array(0),
    ])
      expect(() => proofFor(key, challenge)).toThrow(AuthenticationError);
    expect(proofFor(key, join(text("{sha256}"), randomBytes(20))).length).toBe(40);
  });

  it("accepts a proof only in the digest that it asked for", async () => {
    for (const name of ["md5", "sha1", "sha384", "sha3_256"]) {
      const { ends } = makePeers();
      const admitting = admit(ends[0], key);
      const asked = (await ends[1].recv()).subarray("#CHALLENGE#".length);
      const proof = createHmac(name.replace("_", "-"), key).update(asked).digest();
      await ends[1].send(join(text(`{${name}}`), proof));
      await expect(admitting).rejects.toThrow(AuthenticationError);
      expect(Buffer.from(await ends[1].recv()).toString()).toBe("#FAILURE#");
    }
  });
});

describe("framing", () => {
  function read(reader: MessageReader, bytes: Uint8Array, cuts: readonly number[], lazy: boolean): Uint8Array[] {
    const messages: Uint8Array[] = [];
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
    const takeAll = (): void => {
      for (let message = reader.take(); message !== undefined; message = reader.take()) messages.push(message);
    };
    let from = 0;
    for (const end of ends) {
      reader.push(bytes.subarray(from, end));
      if (!lazy) takeAll();
      from = end;
    }
    takeAll();
    return messages;
  }

  it("messages come out as they went in, however they are cut and whenever they are taken", () => {
    const sizes = fc.constantFrom(0, 1, 5, 300, (1 << 14) - 1, 1 << 14, (1 << 16) - 1, 1 << 16, 70_000, (1 << 20) + 3);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sizes, fc.boolean()), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 16 }),
        fc.boolean(),
        (wanted, cuts, lazy) => {
          const made = wanted.map(([size], i) => new Uint8Array(size).fill(i + 1));
          const bytes = join(
            ...made.flatMap((message, i) => {
              if (wanted[i]?.[1] !== true) return frameMessage(message);
              const head = new Uint8Array(12).fill(255, 0, 4);
              new DataView(head.buffer).setBigUint64(4, BigInt(message.length));
              return [head, message];
            }),
          );
          const reader = new MessageReader(2 ** 30);
          const back = read(reader, bytes, cuts, lazy);
          expect(back.length).toBe(made.length);
          back.forEach((message, i) => {
            expect(Buffer.compare(message, made[i] ?? new Uint8Array(0))).toBe(0);
          });
          expect(reader.dropTorn()).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  it("any bytes are messages or a CorruptedError, and the bytes of a torn message are counted", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        const reader = new MessageReader(40);
        try {
          const got = read(reader, bytes, cuts, false);
          const torn = reader.dropTorn();
          const used = got.reduce((sum, message) => sum + message.length, 0);
          expect(used + (torn?.arrived ?? 0)).toBeLessThanOrEqual(bytes.length);
          if (torn !== undefined) expect(torn.arrived).toBeLessThanOrEqual(Math.max(torn.expected, 0));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptedError);
          expect(() => reader.take()).toThrow(CorruptedError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is full once many bytes wait to be taken, and never in the middle of a message", () => {
    const reader = new MessageReader(2 ** 30);
    const [head = new Uint8Array(0), ...body] = frameMessage(new Uint8Array(200_000));
    reader.push(head);
    for (const piece of body) {
      reader.push(piece.subarray(0, 150_000));
      expect(reader.isFull).toBe(false);
      expect(reader.isReady).toBe(false);
      reader.push(piece.subarray(150_000));
    }
    expect(reader.isFull).toBe(true);
    expect(reader.take()?.length).toBe(200_000);
    expect(reader.isFull).toBe(false);
    reader.push(join(...Array.from({ length: 20_000 }, () => new Uint8Array(4))));
    expect(reader.isFull).toBe(true);
  });

  it("takes memory for what has come, not for what was announced", () => {
    const reader = new MessageReader(2 ** 30);
    const before = process.memoryUsage().arrayBuffers;
    const header = new Uint8Array(4);
    new DataView(header.buffer).setInt32(0, 2 ** 30);
    reader.push(header);
    for (let i = 0; i < 10; i++) reader.push(new Uint8Array(1 << 16));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
    expect(reader.dropTorn()).toEqual({ arrived: 10 << 16, expected: 2 ** 30 });
  });

  it("the limit counts when a message is taken, so it can rise between two messages of one chunk", () => {
    const reader = new MessageReader(4);
    reader.push(join(...frameMessage(text("ok")), ...frameMessage(new Uint8Array(5000))));
    expect(reader.take()).toEqual(text("ok"));
    reader.limit = 2 ** 20;
    expect(reader.take()?.length).toBe(5000);
  });
});

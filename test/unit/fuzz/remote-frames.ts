import { Connection } from "../../../src/api/connection.ts";
import { MAX_MESSAGE } from "../../../src/codec/tags.ts";
import { BufferTooShort, CorruptedError, EOFError, MessageTooLongError, SerializationError } from "../../../src/errors/errors.ts";
import { RemotePort } from "../../../src/remote/port.ts";
import type { Random } from "../../../tools/random.ts";
import { valueBytes } from "./codec.ts";
import { FakeSocket } from "./fake-socket.ts";
import { concat, equal, framed, parseFrames } from "./remote-bytes.ts";
import { ensure, type Target } from "./target.ts";
import { mutate } from "./values.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ROOM = 20;
// The connection reserves the announced length at once for a peer that knows the key. More than this in each input would fill the memory.
const MOST_ANNOUNCED = 1 << 22;

function payload(random: Random): Uint8Array {
  if (random.once(3)) return valueBytes(random);
  if (random.once(150)) return new Uint8Array(random.pick([(1 << 14) - 1, 1 << 14, (1 << 16) - 1, 1 << 16, 70_000, 200_000])).fill(7);
  return random.bytes(random.int(60));
}

/** Frames as a peer that knows the key could send them, some of them wrong. */
export function hostileFrames(random: Random): Uint8Array {
  const lies = random.once(2);
  let bytes = concat(...Array.from({ length: random.int(8) }, () => framed(random, payload(random), lies)));
  if (bytes.length < 10_000 && random.once(3)) bytes = mutate(random, bytes, bytes.subarray(0, 40));
  return bytes;
}

type Take = (conn: Connection, message: Uint8Array | undefined) => Promise<boolean>;

/** The ways to receive a message. Each returns whether it took one, and throws only an error that ends the connection. */
const WAYS: readonly Take[] = [
  async (conn, message) => {
    ensure(equal(await conn.recvBytes(), message), "the connection delivered another message than was sent");
    return true;
  },
  async (conn) => {
    try {
      await conn.recv();
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
    }
    return true;
  },
  async (conn, message) => {
    try {
      const bytes = await conn.recvBytes(ROOM);
      ensure(equal(bytes, message) && bytes.length <= ROOM, "recvBytes() ignored its limit");
    } catch (error) {
      if (!(error instanceof MessageTooLongError)) throw error;
      ensure((message?.length ?? 0) > ROOM, "a short message was refused as too long");
    }
    return true;
  },
  async (conn, message) => {
    const buffer = new Uint8Array(ROOM);
    try {
      ensure(equal(buffer.subarray(0, await conn.recvBytesInto(buffer)), message), "recvBytesInto() delivered another message");
    } catch (error) {
      if (!(error instanceof BufferTooShort)) throw error;
      ensure(equal(error.bytes, message), "BufferTooShort has another message");
    }
    return true;
  },
  async (conn) => {
    await conn.poll(0);
    return false;
  },
];

/** A connection of Listener and Client with a hostile peer that knows the key. */
const framing: Target = {
  name: "remote-frames",
  share: 19_000,
  async run(random) {
    const bytes = hostileFrames(random);
    const expected = parseFrames(bytes, () => MAX_MESSAGE);
    if ((expected.torn?.expected ?? 0) > MOST_ANNOUNCED) return false;
    const socket = new FakeSocket(random.once(4));
    const port = new RemotePort(socket.asSocket);
    port.open();
    const conn = Connection.adopt(port);
    const ways = Array.from({ length: 8 }, () => random.pick(WAYS));
    let taken = 0;
    let isOver = false;
    let end: unknown;
    const read = async (): Promise<void> => {
      for (let i = 0; ; i++) if (await (ways[i % 8] as Take)(conn, expected.messages[taken])) taken++;
    };
    // A reader that only polls never reads to the end.
    if (ways.every((way) => way === WAYS[4])) ways[0] = WAYS[0] as Take;
    const lazy = random.once(3);
    const start = (): void =>
      void read().catch((error: unknown) => {
        end = error;
        isOver = true;
      });
    if (!lazy) start();
    const words = Array.from({ length: random.int(3) }, () => payload(random));
    const sent = Promise.all(words.map((word) => conn.sendBytes(word))).then(
      () => true,
      () => false,
    );
    for (let from = 0; from < bytes.length; ) {
      const to = random.once(2) ? bytes.length : Math.min(bytes.length, from + 1 + random.int(random.pick([4, 30, 100_000])));
      socket.arrive(bytes.slice(from, to));
      from = to;
      if (random.once(2)) await turn();
    }
    for (let rounds = 0; rounds < 4; rounds++) await turn();
    const reset = random.once(4);
    socket.hangUp(reset);
    if (lazy) start();
    for (let rounds = 0; rounds < 60 && !isOver; rounds++) await turn();
    ensure(isOver, "a reader never ended");
    const whole = taken === expected.messages.length;
    if (end instanceof EOFError) {
      const { bytesArrived: arrived, bytesExpected } = end;
      ensure(reset || (whole && !expected.tooLong), `the connection ended after ${taken} of ${expected.messages.length} messages`);
      ensure(reset || arrived === expected.torn?.arrived, `EOFError reports ${arrived} bytes that arrived`);
      ensure(reset || bytesExpected === expected.torn?.expected, `EOFError reports a message of ${bytesExpected} bytes`);
    } else {
      ensure(end instanceof CorruptedError, end instanceof Error ? `${end.stack}` : String(end));
      ensure(whole && expected.tooLong, `well-formed frames were refused: ${end}`);
    }
    if (await sent) {
      const went = parseFrames(concat(...socket.written), () => MAX_MESSAGE).messages;
      ensure(
        went.length === words.length && went.every((each, i) => equal(each, words[i])),
        "the connection sent another message than it was given",
      );
    }
    conn.close();
    port.cut();
    return whole && !expected.tooLong && expected.torn === undefined;
  },
};

export const remoteFrames: readonly Target[] = [framing];

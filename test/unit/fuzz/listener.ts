import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type Connection, Listener } from "../../../mod.ts";
import { AuthenticationError, ProcessError } from "../../../src/errors.ts";
import type { Random } from "../../../tools/random.ts";
import { KEY } from "./handshake.ts";
import { concat, equal, framed, strangersWord } from "./remote-bytes.ts";
import { hostileFrames } from "./remote-frames.ts";
import { ensure, type Target } from "./target.ts";

const OPTIONS = { authKey: KEY, timeout: 5000 };
const MARK = Uint8Array.of(0xfe, 0xed);

function strangersBytes(random: Random): Uint8Array {
  const words = Array.from({ length: random.int(5) }, () => framed(random, strangersWord(random, []), true));
  return random.once(8) ? random.bytes(random.int(400)) : concat(...words);
}

function say(random: Random, socket: Socket, bytes: Uint8Array): void {
  socket.on("error", () => {});
  socket.resume();
  for (let from = 0; from < bytes.length; ) {
    const to = random.once(2) ? bytes.length : from + 1 + random.int(100);
    socket.write(bytes.slice(from, to));
    from = to;
  }
  if (random.once(2)) socket.end();
  else setTimeout(() => socket.destroy(), random.int(3));
}

/** A real listener and real clients: whatever a stranger says to either, the next who knows the key is served. */
class Listeners implements Target {
  readonly name = "listener";
  readonly share = 1000;
  readonly #folder = mkdtempSync(join(tmpdir(), "pp-fuzz-"));
  #listener: Listener | undefined;
  #pretender: Server | undefined;
  #greet = (_socket: Socket): void => {};

  async run(random: Random): Promise<boolean> {
    this.#listener ??= await this.#open();
    const asksClient = random.once(3);
    if (asksClient) await this.#fool(random);
    else await this.#intrude(random, this.#listener);
    const client = await Client(this.#listener.address, OPTIONS);
    const conn = await this.#listener.accept(OPTIONS);
    await client.sendBytes(MARK);
    ensure(equal(await conn.recvBytes(undefined, OPTIONS), MARK), "a client is not served after a stranger");
    client.close();
    conn.close();
    return asksClient;
  }

  close(): void {
    this.#listener?.close();
    this.#pretender?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(): Promise<Listener> {
    const listener = new Listener({ address: join(this.#folder, "listener"), authKey: KEY });
    this.#pretender = createServer((socket) => this.#greet(socket)).listen(join(this.#folder, "pretender"));
    await listener.ready;
    return listener;
  }

  // A server that does not know the key.
  async #fool(random: Random): Promise<void> {
    const bytes = strangersBytes(random);
    this.#greet = (socket) => say(random, socket, bytes);
    let outcome: unknown = "was fooled";
    try {
      (await Client(join(this.#folder, "pretender"), OPTIONS)).close();
    } catch (error) {
      outcome = error;
    }
    ensure(outcome instanceof AuthenticationError, `a client of a pretender: ${String(outcome)}`);
  }

  // A client that does not know the key; it is counted, and is all that is.
  async #intrude(random: Random, listener: Listener): Promise<void> {
    const before = listener.rejected;
    const socket = connect(String(listener.address));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Who leaves before that has not come.
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    say(random, socket, strangersBytes(random));
    await closed;
    for (const until = Date.now() + OPTIONS.timeout; listener.rejected === before; ) {
      ensure(Date.now() < until, "a stranger is not turned away");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    ensure(listener.rejected === before + 1, "more were turned away than came");
    await this.#misuse(random, listener);
  }

  // Who knows the key may send what he likes.
  async #misuse(random: Random, listener: Listener): Promise<void> {
    const client = await Client(listener.address, OPTIONS);
    const conn: Connection = await listener.accept(OPTIONS);
    await client.sendBytes(hostileFrames(random));
    client.close();
    let end: unknown;
    for (let i = 0; i < 3 && end === undefined; i++) {
      await conn.recv(OPTIONS).catch((error: unknown) => {
        end = error;
      });
    }
    ensure(end instanceof ProcessError, `a connection ends with ${String(end)}`);
    conn.close();
  }
}

export const listeners: readonly Target[] = [new Listeners()];

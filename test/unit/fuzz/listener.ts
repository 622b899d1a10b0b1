import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type Connection, Listener } from "../../../mod.ts";
import { AuthenticationError, ProcessError } from "../../../src/errors/errors.ts";
import type { Random } from "../../../tools/random.ts";
import { KEY } from "./handshake.ts";
import { concat, equal, framed, strangeMessage } from "./remote-bytes.ts";
import { hostileFrames } from "./remote-frames.ts";
import { sendInPieces } from "./send-in-pieces.ts";
import { ensure, type Target } from "./target.ts";

const WAIT = { timeout: 5000 };
const OPTIONS = { authKey: KEY, ...WAIT };
const MARK = Uint8Array.of(0xfe, 0xed);

function strangeBytes(random: Random): Uint8Array {
  const words = Array.from({ length: random.int(5) }, () => framed(random, strangeMessage(random, []), true));
  return random.once(8) ? random.bytes(random.int(400)) : concat(...words);
}

function attack(random: Random, socket: Socket, bytes: Uint8Array): void {
  socket.on("error", () => {});
  socket.resume();
  sendInPieces(random, socket, bytes);
}

/** A real listener and real clients: whatever a stranger sends to either, the next peer that knows the key is served. */
class Listeners implements Target {
  readonly name = "listener";
  readonly share = 1000;
  readonly #folder = mkdtempSync(join(tmpdir(), "pp-fuzz-"));
  #listener: Listener | undefined;
  #impostor: Server | undefined;
  #onConnection = (_socket: Socket): void => {};

  async run(random: Random): Promise<boolean> {
    this.#listener ??= await this.#open();
    const isClientAttacked = random.once(3);
    if (isClientAttacked) await this.#attackClient(random);
    else await this.#attackListener(random, this.#listener);
    const client = await Client(this.#listener.address, OPTIONS);
    const conn = await this.#listener.accept(WAIT);
    await client.sendBytes(MARK);
    ensure(equal(await conn.recvBytes(undefined, WAIT), MARK), "a client is not served after a stranger");
    client.close();
    conn.close();
    return isClientAttacked;
  }

  close(): void {
    this.#listener?.close();
    this.#impostor?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(): Promise<Listener> {
    const listener = new Listener({ address: join(this.#folder, "listener"), authKey: KEY });
    this.#impostor = createServer((socket) => this.#onConnection(socket)).listen(join(this.#folder, "impostor"));
    await listener.ready;
    return listener;
  }

  /** Lets a client connect to a server that does not know the key. */
  async #attackClient(random: Random): Promise<void> {
    const bytes = strangeBytes(random);
    this.#onConnection = (socket) => attack(random, socket, bytes);
    let outcome: unknown = "connected";
    try {
      (await Client(join(this.#folder, "impostor"), OPTIONS)).close();
    } catch (error) {
      outcome = error;
    }
    ensure(outcome instanceof AuthenticationError, `the client of an impostor: ${String(outcome)}`);
  }

  /** Connects a client that does not know the key. The listener must count it as rejected, once. */
  async #attackListener(random: Random, listener: Listener): Promise<void> {
    const before = listener.rejected;
    const socket = connect(String(listener.address));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // A client that leaves before it is connected is not counted.
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    attack(random, socket, strangeBytes(random));
    await closed;
    for (const until = Date.now() + WAIT.timeout; listener.rejected === before; ) {
      ensure(Date.now() < until, "the listener does not reject a stranger");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    ensure(listener.rejected === before + 1, "the listener rejected more clients than there were");
    await this.#attackConnection(random, listener);
  }

  /** Sends hostile frames over a connection of a client that knows the key. */
  async #attackConnection(random: Random, listener: Listener): Promise<void> {
    const client = await Client(listener.address, OPTIONS);
    const conn: Connection = await listener.accept(WAIT);
    await client.sendBytes(hostileFrames(random));
    client.close();
    let end: unknown;
    for (let i = 0; i < 3 && end === undefined; i++) {
      await conn.recv(WAIT).catch((error: unknown) => {
        end = error;
      });
    }
    ensure(end instanceof ProcessError, `a connection ends with ${String(end)}`);
    conn.close();
  }
}

export const listeners: readonly Target[] = [new Listeners()];

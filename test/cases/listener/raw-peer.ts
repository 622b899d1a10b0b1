import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../../../mod.ts";
import { utf8 } from "../../suite/help.ts";
import { KEY, newPath } from "./helpers.ts";

export const CHALLENGE = "#CHALLENGE#";

/** A peer that implements the protocol by hand, so that a test can break its rules. */
export class RawPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #store: Buffer = Buffer.alloc(4096);
  #length = 0;
  #used = 0;
  #wake = (): void => {};
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#add(chunk);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** All bytes that this peer has received. */
  get bytes(): Buffer {
    return this.#store.subarray(0, this.#length);
  }

  // A named pipe gives a large message in thousands of small chunks, so that a new copy for each would take a minute.
  #add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#store.length) this.#store = Buffer.concat([this.bytes], length * 2);
    this.#store.set(chunk, this.#length);
    this.#length = length;
  }

  /** Connects. Tries again if the listener's backlog is full. */
  static async connect(address: Address): Promise<RawPeer> {
    for (;;) {
      const socket = typeof address === "string" ? connect({ path: address }) : connect(address);
      const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
        socket.once("connect", () => resolve(undefined));
        socket.once("error", resolve);
      });
      if (failed === undefined) return new RawPeer(socket);
      if (failed.code !== "EAGAIN" && failed.code !== "ECONNREFUSED") throw failed;
      await delay(5);
    }
  }

  /** Sends bytes as they are, and comes back when the system has taken them. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Sends a message: its length, then its content. */
  send(message: Uint8Array | string): void {
    const body = Buffer.from(message as string);
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    this.socket.write(Buffer.concat([head, body]));
  }

  /** Receives the next message; undefined if the other side hung up instead. */
  async recv(): Promise<Buffer | undefined> {
    for (;;) {
      const rest = this.bytes.subarray(this.#used);
      if (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        this.#used += end;
        return rest.subarray(4, end);
      }
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Answers the other side's challenge, and gives its verdict. */
  async prove(key: string = KEY, digest: string = "sha256"): Promise<string> {
    const asked = (await this.recv())?.subarray(CHALLENGE.length) ?? Buffer.alloc(0);
    this.send(Buffer.concat([utf8(`{${digest}}`), createHmac(digest, key).update(asked).digest()]));
    return String(await this.recv());
  }

  async challenge(nonce: Uint8Array = randomBytes(40)): Promise<Buffer> {
    this.send(Buffer.concat([utf8(`${CHALLENGE}{sha256}`), nonce]));
    return (await this.recv()) ?? Buffer.alloc(0);
  }

  /** Connects, and goes through the whole handshake as a client that knows the key. */
  static async client(address: Address): Promise<RawPeer> {
    const raw = await RawPeer.connect(address);
    assert.equal(await raw.prove(), "#WELCOME#");
    await raw.challenge();
    raw.send("#WELCOME#");
    return raw;
  }
}

/** A listener that implements the protocol by hand: `serve` is called for each peer that connects. */
export async function rawListener(serve: (raw: RawPeer) => Promise<void>): Promise<{ path: string; server: Server }> {
  const path = newPath();
  const server = createServer((socket) => void serve(new RawPeer(socket)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, server };
}

/** A server between a client and the socket with this path. It keeps what the client sends. */
export async function recorder(onward: string): Promise<{ path: string; server: Server; recorded: readonly Buffer[] }> {
  const recorded: Buffer[] = [];
  const { path, server } = await rawListener(async (peer) => {
    const onwards = connect({ path: onward });
    peer.socket.on("data", (chunk: Buffer) => {
      recorded.push(chunk);
      onwards.write(chunk);
    });
    onwards.on("data", (chunk: Buffer) => peer.socket.write(chunk));
    peer.socket.on("close", () => onwards.destroy());
  });
  return { path, server, recorded };
}

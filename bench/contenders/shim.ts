// Microseconds of a round trip with the blocking calls of the shim (the native library) from JavaScript, without the rest of polyproc: plain
// bytes or, with --codec=1, a string through the codec. sendSync, recvSync, putSync and getSync can't be faster than this.
import { fileURLToPath } from "node:url";
import type { Shim } from "../../src/backend/native/library/functions.ts";
import { loadLibrary } from "../../src/backend/native/library/load.ts";
import { decode } from "../../src/codec/decode.ts";
import { encodeLent } from "../../src/codec/encode.ts";
import { report, roundTripSync, text } from "./measure.ts";
import { settings } from "./settings.ts";

/** Sends and receives bytes, with one blocking call each. */
interface Exchange {
  send(bytes: Uint8Array): void;
  /** Fills the buffer and returns the length of the message. */
  receive(): number;
}

const EAGAIN = -11;
const EBUSY = -16;
const WAIT_MS = 1000;
const BYTES = 32;
/** The index in struct pp_spawn at which its three descriptors, argc, envc and inherit follow. */
const SPAWN_NUMBERS = 40;
/** The number of 32-bit words of struct pp_incoming, and the index of the length in it. */
const INCOMING_WORDS = 260;
const LENGTH = 4;

function load(): Shim {
  const { library, reason } = loadLibrary();
  if (library === undefined) throw new Error(reason);
  return library.shim;
}

const shim: Shim = load();
const buffer = new Uint8Array(1 << 16);

/** Throws an error of the shim. Calls `idle` if a call only took too long. */
function check(status: number, idle: () => void): void {
  if (status >= 0) return;
  if (status !== EAGAIN && status !== EBUSY) throw new Error(`A call of the shim failed with ${status}.`);
  idle();
}

function overPipe(fd: number, idle: () => void): Exchange {
  const state = new Int32Array(INCOMING_WORDS);
  state[LENGTH] = -1;
  return {
    send(bytes) {
      for (let status = -1; status < 0; check(status, idle)) status = shim.pp_send(fd, bytes, bytes.length, WAIT_MS);
    },
    receive() {
      for (;;) {
        const length = shim.pp_recv(fd, state, buffer, buffer.length, WAIT_MS);
        if (length >= 0) return length;
        check(length, idle);
      }
    },
  };
}

function overQueues(out: number, back: number, idle: () => void): Exchange {
  return {
    send(bytes) {
      for (let status = -1; status < 0; check(status, idle)) status = shim.pp_queue_put(out, bytes, bytes.length, WAIT_MS);
    },
    receive() {
      for (;;) {
        const length = shim.pp_queue_get(back, buffer, buffer.length, WAIT_MS);
        if (length >= 0) return length;
        check(length, idle);
      }
    },
  };
}

/** Runs this program as a child that echoes, with these descriptors as its stdin and stdout. Returns its process id. */
function start(fds: readonly [number, number], args: readonly string[]): number {
  const flags = "Deno" in globalThis ? ["run", "-A"] : [];
  const command = [process.execPath, "", process.execPath, ...flags, fileURLToPath(import.meta.url), ...args];
  const numbers = new Int32Array(SPAWN_NUMBERS + 6);
  numbers.set([...fds, 2, command.length - 2, 0, 1], SPAWN_NUMBERS);
  const pid = new Int32Array(1);
  const strings = new TextEncoder().encode(command.map((each) => `${each}\0`).join(""));
  const status = shim.pp_spawn(shim.pp_inbox_open(new Int32Array(1)), 0, numbers, strings, pid);
  if (status < 0) throw new Error(`The child did not start: ${status}.`);
  return pid[0] ?? -1;
}

function serve(via: string, codec: boolean, parent: number): void {
  // kill() throws once the parent is gone, which ends this process.
  const idle = (): void => void process.kill(parent, 0);
  const exchange = via === "pipe" ? overPipe(0, idle) : overQueues(shim.pp_queue_open(0, 1), shim.pp_queue_open(0, 0), idle);
  const bytes = buffer.subarray(0, BYTES);
  for (;;) {
    const length = exchange.receive();
    exchange.send(codec ? encodeLent(decode(buffer.subarray(0, length)), "value").bytes : bytes);
  }
}

function connect(via: string, args: readonly string[]): { exchange: Exchange; pid: number } {
  const idle = (): void => {};
  if (via === "pipe") {
    const pair = new Int32Array(2);
    shim.pp_socketpair(pair, 1);
    const [mine = -1, theirs = -1] = pair;
    const pid = start([theirs, -1], args);
    shim.pp_close(theirs);
    return { exchange: overPipe(mine, idle), pid };
  }
  const [there, back] = [shim.pp_queue_make(0, new BigUint64Array(1), 0), shim.pp_queue_make(0, new BigUint64Array(1), 0)];
  return { exchange: overQueues(there, back, idle), pid: start([shim.pp_queue_fd(there), shim.pp_queue_fd(back)], args) };
}

const given = settings({ via: "pipe", codec: 0, ms: 1000, pause: 0, samples: 31, parent: 0 });
if (given.parent !== 0) serve(given.via, given.codec === 1, given.parent);
else {
  const { exchange, pid } = connect(given.via, [`--via=${given.via}`, `--codec=${given.codec}`, `--parent=${process.pid}`]);
  const value = text(BYTES);
  const bytes = new Uint8Array(BYTES);
  const plain = (): void => {
    exchange.send(bytes);
    exchange.receive();
  };
  const encoded = (): void => {
    exchange.send(encodeLent(value, "value").bytes);
    decode(buffer.subarray(0, exchange.receive()));
  };
  report(await roundTripSync(given.codec === 1 ? encoded : plain, given));
  process.kill(pid, "SIGKILL");
  process.exit();
}

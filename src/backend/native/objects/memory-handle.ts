import { CorruptedError, ProcessError } from "../../../errors/errors.ts";
import { runtime } from "../../../runtime/current.ts";
import { Handle, type Origin } from "../core/handle.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { EBADMSG, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM, EPROTO } from "../library/errno.ts";
import { check, text } from "../library/result.ts";

/** The name of memory without a name. */
const NO_NAME = "";
const UNUSABLE = "The memory can't be used";

/** Shared memory that this process has mapped. */
export class MemoryHandle extends Handle {
  /** `null` without a name. */
  readonly name: string | null;
  // Its address and its size in bytes.
  readonly #area = new BigUint64Array(2);
  // Identifies its file, so that a later file with the same name is not taken for it.
  readonly #file = new BigUint64Array(2);
  #buffer: ArrayBuffer | undefined;
  #unlinked = false;

  constructor(thread: NativeThread, index: number, origin: Origin, name: string | null) {
    super(thread, index, origin);
    this.name = name;
    check(this.shim.pp_memory_identity(index, this.#file), UNUSABLE);
    check(this.shim.pp_memory_address(index, this.#area), UNUSABLE);
  }

  /** Makes memory. Throws `ProcessError` if the system has no memory left, or if the name is in use. */
  static make(thread: NativeThread, origin: Origin, size: number, name: string | null = null): MemoryHandle {
    const { shim, id } = thread.inbox;
    if (name !== null) shim.pp_memory_sweep();
    const index = shim.pp_memory_make(id, text(name ?? NO_NAME), new BigUint64Array([BigInt(size)]));
    if (index === EEXIST)
      // A program makes shared memory with a name that is in use.
      throw new ProcessError(
        `There is shared memory named ${JSON.stringify(name)} already: attach it without create, or take another name.`,
      );
    if (index === ENOSPC && name !== null)
      // The file system of shared memory with a name is full. In many containers it has 64 MiB.
      throw new ProcessError(
        `Shared memory of ${size} bytes can't be made: ENOSPC. The file system of memory with a name, /dev/shm, has no room for it: make it larger (docker: --shm-size), or leave out the name.`,
      );
    return new MemoryHandle(thread, check(index, `Shared memory of ${size} bytes can't be made`), origin, name);
  }

  /** Makes memory that holds these bytes, and returns a descriptor of it. The caller closes the descriptor. */
  static holding(thread: NativeThread, bytes: Uint8Array): number {
    const { shim, id } = thread.inbox;
    const index = check(shim.pp_memory_make(id, text(NO_NAME), new BigUint64Array([BigInt(bytes.length)])), "The object can't be sent");
    shim.pp_memory_write(index, new BigUint64Array([0n, BigInt(bytes.length)]), bytes);
    const fd = shim.pp_duplicate(shim.pp_memory_fd(index));
    shim.pp_memory_close(index);
    return check(fd, "The object can't be sent");
  }

  /** Returns the bytes that the memory behind a descriptor holds, and closes the descriptor. */
  static contents(thread: NativeThread, fd: number): Uint8Array {
    const { shim, id } = thread.inbox;
    const index = sound(shim.pp_memory_open(id, fd));
    const area = new BigUint64Array(2);
    shim.pp_memory_address(index, area);
    const size = area[1] ?? 0n;
    const bytes = new Uint8Array(Number(size));
    shim.pp_memory_read(index, new BigUint64Array([0n, size]), bytes);
    shim.pp_memory_close(index);
    return bytes;
  }

  /** Opens memory by its name. A descriptor that came from another process must be of the same file; it is closed. */
  static attach(thread: NativeThread, origin: Origin, name: string, atLeast: number, fd = -1): MemoryHandle {
    const index = thread.inbox.shim.pp_memory_attach(thread.inbox.id, text(name), fd);
    if (index === ENOENT || index === EINVAL)
      // A program attaches shared memory by a name that no memory has.
      throw new ProcessError(`There is no shared memory named ${JSON.stringify(name)}: it was unlinked, or all its holders have ended.`);
    if (index === EPERM)
      // The file with this name could be changed by other users.
      throw new ProcessError(`The shared memory named ${JSON.stringify(name)} is another user's, or open to others: it is not attached.`);
    const handle = new MemoryHandle(thread, sound(index), origin, name);
    if (handle.size >= atLeast) return handle;
    handle.close();
    // A program attaches memory that is smaller than it says.
    throw new RangeError(
      `The shared memory named ${JSON.stringify(name)} has ${handle.size} bytes, which is less than the given size ${atLeast}.`,
    );
  }

  /** Opens memory without a name whose descriptor came from another process. */
  static open(thread: NativeThread, origin: Origin, fd: number): MemoryHandle {
    return new MemoryHandle(thread, sound(thread.inbox.shim.pp_memory_open(thread.inbox.id, fd)), origin, null);
  }

  /** A buffer over the memory itself. It is always the same object. */
  get buffer(): ArrayBuffer {
    this.#buffer ??= runtime.viewMemory(this.shim, this.#area);
    return this.#buffer;
  }

  get size(): number {
    return Number(this.#area[1]);
  }

  /** Removes the name, if it still belongs to this memory. */
  unlink(): void {
    // The memory never had a name.
    if (this.name === null)
      throw new ProcessError("This shared memory has no name that could be removed: unlink() is for memory with a name.");
    const status = this.#unlinked ? ENOENT : this.shim.pp_memory_unlink(text(this.name), this.#file);
    // The name was removed before.
    if (status === ENOENT) throw new ProcessError(`The name ${JSON.stringify(this.name)} is removed already.`);
    check(status, "The name can't be removed");
    this.#unlinked = true;
  }

  /** The name under which the receiver of a message finds the memory; `undefined` if it has none. */
  nameToSend(): string | undefined {
    // A program sends memory after it removed the name.
    if (this.#unlinked)
      throw new ProcessError(
        `The name ${JSON.stringify(this.name)} is removed, and memory with a name travels as its name: send it before unlink(), or make it without a name.`,
      );
    return this.name ?? undefined;
  }

  // Without this, the name would stay until another process sweeps. Listeners that run later still have the bytes.
  override end(): void {
    if (this.name !== null) this.shim.pp_memory_leave(this.index);
  }

  protected override close(): void {
    // The program has transferred the buffer, so its bytes may be read until this process ends. The memory stays mapped until then.
    if (this.#buffer?.detached) return;
    // Detach the buffer before the memory is unmapped. A program that kept it then sees an empty buffer instead of crashing.
    this.#buffer?.transfer();
    this.#buffer = undefined;
    this.shim.pp_memory_close(this.index);
  }
}

function sound(index: number): number {
  // The memory's first page has the layout of another version.
  if (index === EPROTO) throw new CorruptedError("The shared memory was made by another version of polyproc: use one version.");
  // The memory's first page was not written by this library.
  if (index === EBADMSG) throw new CorruptedError("That is no shared memory of polyproc's, or something else wrote over its first page.");
  return check(index, "The shared memory can't be used");
}

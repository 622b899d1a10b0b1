import { MEMORY, type MemoryPort } from "../../contract/memory.ts";
import type { Travelling } from "../core/keeper.ts";
import { NativePort } from "../core/port.ts";
import type { MemoryHandle } from "./memory-handle.ts";

export class NativeMemory extends NativePort implements MemoryPort {
  readonly #handle: MemoryHandle;

  constructor(handle: MemoryHandle) {
    super(handle.thread, MEMORY);
    this.#handle = handle;
    handle.use();
  }

  get buffer(): ArrayBuffer {
    return this.#handle.buffer;
  }

  get name(): string | null {
    return this.#handle.name;
  }

  get size(): number {
    return this.#handle.size;
  }

  unlink(): void {
    this.#handle.unlink();
  }

  protected override get descriptor(): number {
    return this.#handle.shim.pp_memory_fd(this.#handle.index);
  }

  protected override travelling(): Travelling {
    const name = this.#handle.nameToSend();
    const fd = this.descriptor;
    return { fd, fields: { ...this.#handle.namesFor(fd), name } };
  }

  protected override free(): void {
    this.#handle.drop();
  }
}

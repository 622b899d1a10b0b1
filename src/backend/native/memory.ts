import { CorruptedError, ProcessError } from "../../errors.ts";
import { runtime } from "../../runtime/runtime.ts";
import type { Cell, CellArray, CellsPort, CellType, MemoryPort, Operation } from "../backend.ts";
import { bytesPerCell, cellAt, cellsOver, makeCells } from "../cells.ts";
import { Handle, NativePort, type Realm } from "./handle.ts";
import type { Travelling } from "./keeper.ts";
import { check, type Shim, text } from "./shim.ts";

const EPERM = -1;
const ENOENT = -2;
const EEXIST = -17;
const EINVAL = -22;
const EBADMSG = -74;
const EPROTO = -71;

const OPERATIONS: Readonly<Record<Operation, number>> = {
  load: 0,
  store: 1,
  add: 2,
  sub: 3,
  and: 4,
  or: 5,
  exchange: 6,
  compareExchange: 7,
};
const NO_NAME = "";
const UNREACHABLE = "The shared numbers can't be reached";

/** Shared memory as this process has it mapped. */
export class MemoryHandle extends Handle {
  readonly name: string;
  readonly #place = new BigUint64Array(2);
  // What tells its file from another one of the same name.
  readonly #file = new BigUint64Array(2);
  #buffer: ArrayBuffer | undefined;
  #unlinked = false;

  constructor(realm: Realm, index: number, identity: string, home: string | undefined, name: string) {
    super(realm, index, identity, home);
    this.name = name;
    if (name !== NO_NAME && home !== undefined) check(this.shim.pp_memory_name(index, text(name)), "The memory can't be used");
    check(this.shim.pp_memory_identity(index, this.#file), "The memory can't be used");
    check(this.shim.pp_memory_address(index, this.#place), "The memory can't be used");
  }

  /** New memory; throws `ProcessError` where there is none left, or another one of that name. */
  static make(realm: Realm, identity: string, size: number, name: string = NO_NAME): MemoryHandle {
    const { shim, id } = realm.inbox;
    if (name !== NO_NAME) shim.pp_memory_sweep();
    const index = shim.pp_memory_make(id, text(name), new BigUint64Array([BigInt(size)]));
    if (index === EEXIST)
      throw new ProcessError(
        `There is shared memory named ${JSON.stringify(name)} already: attach it without create, or take another name.`,
      );
    return new MemoryHandle(realm, check(index, `Shared memory of ${size} bytes can't be made`), identity, undefined, name);
  }

  /** Memory of that name, whoever made it. */
  static attach(realm: Realm, identity: string, name: string): MemoryHandle {
    const index = realm.inbox.shim.pp_memory_attach(realm.inbox.id, text(name));
    if (index === ENOENT || index === EINVAL)
      throw new ProcessError(`There is no shared memory named ${JSON.stringify(name)}: it was unlinked, or all its holders have ended.`);
    if (index === EPERM)
      throw new ProcessError(`The shared memory named ${JSON.stringify(name)} is another user's, or open to others: it is not attached.`);
    return new MemoryHandle(realm, sound(index), identity, undefined, name);
  }

  /** Memory whose descriptor came from another process. */
  static open(realm: Realm, fd: number, identity: string, home: string, name: string = NO_NAME): MemoryHandle {
    return new MemoryHandle(realm, sound(realm.inbox.shim.pp_memory_open(realm.inbox.id, fd)), identity, home, name);
  }

  get shim(): Shim {
    return this.realm.inbox.shim;
  }

  /** The memory itself: one buffer, however often it is asked for. */
  get buffer(): ArrayBuffer {
    this.#buffer ??= runtime.viewMemory(this.shim, this.#place);
    return this.#buffer;
  }

  get size(): number {
    return Number(this.#place[1]);
  }

  /** Removes the name, if it is still this memory's. */
  unlink(): void {
    const status = this.#unlinked ? ENOENT : this.shim.pp_memory_unlink(text(this.name), this.#file);
    if (status === ENOENT || status === EINVAL)
      throw new ProcessError(
        this.name === NO_NAME
          ? "This shared memory has no name to be removed."
          : `The name ${JSON.stringify(this.name)} is removed already.`,
      );
    check(status, "The name can't be removed");
    this.#unlinked = true;
  }

  protected override close(): void {
    // Moved away (transfer), its bytes may be read for as long as this process lives.
    if (this.#buffer?.detached) return;
    // Detached first: who still has the buffer has one of no bytes, not one over memory that is gone.
    this.#buffer?.transfer();
    this.#buffer = undefined;
    this.shim.pp_memory_close(this.index);
  }
}

function sound(index: number): number {
  if (index === EPROTO) throw new CorruptedError("The shared memory was made by another version of polyproc: use one version.");
  if (index === EBADMSG) throw new CorruptedError("That is no shared memory of polyproc's, or something else wrote over its first page.");
  return check(index, "The shared memory can't be used");
}

/** One object's hold on memory. */
export class NativeMemory extends NativePort implements MemoryPort {
  readonly #handle: MemoryHandle;

  constructor(handle: MemoryHandle) {
    super(handle.realm, "shared memory");
    this.#handle = handle;
    handle.use();
  }

  get buffer(): ArrayBuffer {
    return this.#handle.buffer;
  }

  get name(): string {
    return this.#handle.name;
  }

  get size(): number {
    return this.#handle.size;
  }

  unlink(): void {
    this.#handle.unlink();
  }

  protected override travelling(): Travelling {
    const { index, identity, home, name, shim } = this.#handle;
    return { kind: "memory", fd: shim.pp_memory_fd(index), home, fields: { identity, name } };
  }

  protected override free(): void {
    this.#handle.drop();
  }
}

/** One object's hold on memory that consists of numbers. */
export class NativeCells extends NativePort implements CellsPort {
  readonly type: CellType;
  readonly length: number;
  readonly #handle: MemoryHandle;
  readonly #words = new Uint8Array(16);

  constructor(handle: MemoryHandle, type: CellType) {
    super(handle.realm, "shared numbers");
    const width = bytesPerCell(type);
    if (handle.size % width !== 0) throw new CorruptedError("What came as shared numbers is of another size.");
    this.type = type;
    this.length = handle.size / width;
    this.#handle = handle;
    handle.use();
  }

  get view(): CellArray {
    return cellsOver(this.type, this.#handle.buffer, this.length);
  }

  // Copied in C: some processes may call the shim and have no view.
  async read(start: number, end: number): Promise<CellArray> {
    const cells = makeCells(this.type, end - start);
    if (end > start) check(this.#handle.shim.pp_memory_read(this.#handle.index, this.#range(start, cells), cells), UNREACHABLE);
    return cells;
  }

  async write(start: number, values: CellArray): Promise<void> {
    this.store(start, values);
  }

  /** As `write`, at once. */
  store(start: number, values: CellArray): void {
    if (values.length > 0) check(this.#handle.shim.pp_memory_write(this.#handle.index, this.#range(start, values), values), UNREACHABLE);
  }

  #range(start: number, cells: CellArray): BigUint64Array {
    return new BigUint64Array([BigInt(start * cells.BYTES_PER_ELEMENT), BigInt(cells.byteLength)]);
  }

  async operate(operation: Operation, operand: Cell, expected: Cell): Promise<Cell> {
    const width = bytesPerCell(this.type);
    for (const [i, value] of [operand, expected].entries()) {
      const one = makeCells(this.type, 1).fill(value as never);
      new Uint8Array(this.#words.buffer, 8 * i, width).set(new Uint8Array(one.buffer));
    }
    check(this.#handle.shim.pp_memory_atomic(this.#handle.index, OPERATIONS[operation], width, this.#words), UNREACHABLE);
    return cellAt(cellsOver(this.type, this.#words.buffer, 1), 0);
  }

  protected override travelling(): Travelling {
    const { index, identity, home, shim } = this.#handle;
    return { kind: "cells", fd: shim.pp_memory_fd(index), home, fields: { identity, type: this.type } };
  }

  protected override free(): void {
    this.#handle.drop();
  }
}

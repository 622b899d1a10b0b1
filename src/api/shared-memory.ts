import type { Backend } from "../backend/contract/backend.ts";
import { isMemoryName, MEMORY, type MemoryPort, type MemorySettings } from "../backend/contract/memory.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { backendFor } from "../objects/backend-binding.ts";
import { nameObject } from "../objects/named.ts";
import { adopt, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";

/** Options of {@link SharedMemory}. */
export interface SharedMemoryOptions {
  /**
   * The size of new memory, in bytes. With the name of memory that exists: the size that it must have
   * at least; default: any.
   */
  readonly size?: number;
  /** The name: at most 200 letters, digits, `.`, `_` and `-`. Without `create`, the memory with this name is attached. Default: none. */
  readonly name?: string;
  /** Whether to make new memory with the given name. Default `false`. Memory without a name is always new. */
  readonly create?: boolean;
}

const MEMORY_OPTIONS = optionNames<SharedMemoryOptions>({ create: true, name: true, size: true });

// Keeps the object alive while the program has a view of its memory. Otherwise the object could be collected, and the memory unmapped,
// while the program still uses the view.
const owners = new WeakMap<ArrayBuffer, SharedMemory>();

function checkName(name: unknown): string {
  if (typeof name !== "string") throw new TypeError(`name must be a string, received ${describe(name)}.`);
  if (!isMemoryName(name))
    throw new RangeError(`name may have letters, digits, ".", "_" and "-", 200 at most, received ${describe(name)}.`);
  return name;
}

function checkSize(size: unknown): number {
  if (typeof size !== "number") throw new TypeError(`size must be a number of bytes, received ${describe(size)}.`);
  if (!Number.isSafeInteger(size) || size <= 0) throw new RangeError(`size must be a whole number of bytes above 0, received ${size}.`);
  return size;
}

function checkOptions(options: SharedMemoryOptions, backend: Backend): MemorySettings {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`SharedMemory takes { size?, name?, create? }, received ${describe(options)}.`);
  refuseUnknown(options, MEMORY_OPTIONS, "shared memory");
  const { create, name, size } = options;
  if (create !== undefined && typeof create !== "boolean") throw new TypeError(`create must be a boolean, received ${describe(create)}.`);
  const checked = name === undefined ? null : checkName(name);
  const attaches = checked !== null && create !== true;
  const bytes = attaches && size === undefined ? 0 : checkSize(size);
  if (!backend.features.sharedMemory)
    throw new UnsupportedError(
      "SharedMemory needs the native backend: capabilities() says why it is not there. SharedArray works on both.",
    );
  if (attaches) return { create: false, name: checked, atLeast: bytes };
  if (create === false)
    throw new TypeError("SharedMemory attaches memory by its name: give a name, or leave out create to make memory without one.");
  return { create: true, size: bytes, name: checked };
}

/**
 * Bytes that several processes share. It needs the native backend. Another process of the tree gets the memory as an argument or in a
 * message. When the last process has closed it, the memory is freed.
 *
 * Memory without a name takes no room in `/dev/shm`, and no process can shrink it while others read it. Memory with a name is for processes
 * outside of the tree: any process of the same user can attach it, but any such process can also cut its file, and then an access ends the
 * process that makes it. In a message it travels as its name. The name is removed when the last process has closed the memory.
 *
 * @example
 * ```ts
 * if (capabilities().sharedMemory) {
 *   const memory = new SharedMemory({ size: 4096 });
 *   memory.buf[0] = 42;
 *   console.log(memory.name); // null
 *   memory.close();
 *   const named = new SharedMemory({ name: `frames-${process.pid}`, size: 4096, create: true });
 *   const same = new SharedMemory({ name: `frames-${process.pid}` });
 *   named.buf[0] = 43;
 *   console.log(same.buf[0]); // 43
 *   same.close();
 *   named.close();
 * }
 * ```
 */
export class SharedMemory extends SharedObject<MemoryPort> {
  /** The size in bytes. The value stays the same after `close()`. */
  readonly size: number;

  /**
   * Makes shared memory, or attaches memory that has a name.
   *
   * @param options {@link SharedMemoryOptions}
   * @throws {UnsupportedError} on the portable backend
   * @throws {TypeError} for an option of a wrong type, or if neither `size` nor `name` is given
   * @throws {RangeError} for a name or size that is not valid, or if the memory with this name is smaller than `size`
   * @throws {ProcessError} if a name to create is in use, if no memory has the name to attach, or if the system has no memory left
   * @throws {CorruptedError} if the memory with this name was not made by this library
   */
  constructor(options: SharedMemoryOptions) {
    super(MEMORY.label, () => {
      const backend = backendFor(new.target);
      const port = backend.make(MEMORY, checkOptions(options, backend));
      nameObject(port, options.name);
      return port;
    });
    this.size = openPort(this, "").size;
  }

  /** @internal */
  static adopt(port: MemoryPort): SharedMemory {
    return adopt(port, () => new SharedMemory({}));
  }

  /**
   * A view of the shared bytes themselves. After `close()`, the length of every such view is 0.
   *
   * @throws {ClosedError} after `close()`
   * @throws {UnsupportedError} if the runtime can't make such a view, such as Deno with `--allow-ffi` for one path only
   */
  get buf(): Uint8Array {
    const { buffer } = openPort(this, "buf");
    owners.set(buffer, this);
    return new Uint8Array(buffer);
  }

  /** The name by which any process of this user can attach it; `null` if it has none. */
  get name(): string | null {
    return portOf(this).name;
  }

  /**
   * Removes the name, so that no process can attach the memory any more, nor get it in a message. Processes that have it can still use it.
   *
   * @throws {ProcessError} if the name was removed before, or if the memory has none
   */
  unlink(): void {
    portOf(this).unlink();
  }

  /**
   * Closes the memory in this process. The last process that closes it removes the name. A second call does nothing. An object that was not
   * closed is closed when the garbage collector frees it, unless `buf` was used.
   */
  override close(): void {
    super.close();
  }
}

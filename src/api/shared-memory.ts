import type { Backend } from "../backend/contract/backend.ts";
import { MEMORY, type MemoryPort, type MemorySettings } from "../backend/contract/memory.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { backendFor } from "../objects/backend-binding.ts";
import { adopt, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { randomName } from "../util/random.ts";

/** Options of {@link SharedMemory}. */
export interface SharedMemoryOptions {
  /** Whether to make new memory. Otherwise the memory with the given name is attached. Default `false`. */
  readonly create?: boolean;
  /** The name: at most 200 letters, digits, `.`, `_` and `-`. New memory without a name gets a random one. */
  readonly name?: string;
  /** The size of new memory, in bytes. It is needed with `create`, and ignored without it. */
  readonly size?: number;
}

const MEMORY_OPTIONS = optionNames<SharedMemoryOptions>({ create: true, name: true, size: true });
const NAME = /^[A-Za-z0-9._-]{1,200}$/;

// Keeps the object alive while the program has a view of its memory. Otherwise the object could be collected, and the memory unmapped,
// while the program still uses the view.
const owners = new WeakMap<ArrayBuffer, SharedMemory>();

function checkName(name: unknown): string {
  if (typeof name !== "string") throw new TypeError(`name must be a string, received ${describe(name)}.`);
  if (!NAME.test(name)) throw new RangeError(`name may have letters, digits, ".", "_" and "-", 200 at most, received ${describe(name)}.`);
  return name;
}

function checkSize(size: unknown): number {
  if (typeof size !== "number") throw new TypeError(`size must be a number of bytes, received ${describe(size)}.`);
  if (!Number.isSafeInteger(size) || size <= 0) throw new RangeError(`size must be a whole number of bytes above 0, received ${size}.`);
  return size;
}

function checkOptions(options: SharedMemoryOptions, backend: Backend): MemorySettings {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`SharedMemory takes { name?, create?, size? }, received ${describe(options)}.`);
  refuseUnknown(options, MEMORY_OPTIONS, "shared memory");
  const { create = false, name, size } = options;
  if (typeof create !== "boolean") throw new TypeError(`create must be a boolean, received ${describe(create)}.`);
  const checked = name === undefined ? undefined : checkName(name);
  const bytes = create ? checkSize(size) : 0;
  if (!backend.features.sharedMemory)
    throw new UnsupportedError(
      "SharedMemory needs the native backend: capabilities() says why it is not there. SharedArray works on both.",
    );
  if (create) return { create, size: bytes, name: checked ?? randomName(16) };
  if (checked === undefined) throw new TypeError("SharedMemory attaches memory by its name: give one, or { create: true, size }.");
  return { create, name: checked };
}

/**
 * Bytes that several processes share. It needs the native backend. Another process of the tree gets the memory as an argument or in a
 * message. Any process of the same user can attach it by its name. When the last process has closed it, the memory and its name are
 * removed.
 *
 * @example
 * ```ts
 * if (capabilities().sharedMemory) {
 *   const memory = new SharedMemory({ create: true, size: 4096 });
 *   memory.buf[0] = 42;
 *   const same = new SharedMemory({ name: memory.name });
 *   console.log(same.buf[0]); // 42
 *   same.close();
 *   memory.close();
 * }
 * ```
 */
export class SharedMemory extends SharedObject<MemoryPort> {
  /** The size in bytes. The value stays the same after `close()`. */
  readonly size: number;

  /**
   * @param options {@link SharedMemoryOptions}
   * @throws {UnsupportedError} on the portable backend
   * @throws {TypeError} for an option of a wrong type, or if neither `create` nor `name` is given
   * @throws {RangeError} for a name or size that is not valid
   * @throws {ProcessError} if a name to create is in use, if no memory has the name to attach, or if the system has no memory left
   * @throws {CorruptedError} if the memory with this name was not made by this library
   */
  constructor(options: SharedMemoryOptions) {
    super(MEMORY.label, () => {
      const backend = backendFor(new.target);
      return backend.make(MEMORY, checkOptions(options, backend));
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

  /** The name by which any process of this user can attach it. */
  get name(): string {
    return portOf(this).name;
  }

  /**
   * Removes the name, so that no process can attach the memory by its name any more. Processes that have the memory can still use it.
   *
   * @throws {ProcessError} if the name was removed before
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

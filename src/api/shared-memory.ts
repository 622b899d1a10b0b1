import { MEMORY, type MemoryPort, type MemorySettings } from "../backend/contract/memory.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { backendFor } from "../objects/backend-binding.ts";
import { adopt, openPort, portOf, SharedObject } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { randomName } from "../util/random.ts";

export interface SharedMemoryOptions {
  /** Make new memory; otherwise attach what has this name. Default `false`. */
  readonly create?: boolean;
  /** Letters, digits, `.`, `_` and `-`, 200 at most; with `create` and without a name, 128 random bits. */
  readonly name?: string;
  /** With `create`: how many bytes. Attached memory has the size that it was made with. */
  readonly size?: number;
}

const NAME = /^[A-Za-z0-9._-]{1,200}$/;

// A view of the memory keeps the object: the memory stays mapped until close(), also when the program keeps only the view.
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

function checkOptions(options: SharedMemoryOptions): MemorySettings {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`SharedMemory takes { name?, create?, size? }, received ${describe(options)}.`);
  const { create = false, name, size } = options;
  if (typeof create !== "boolean") throw new TypeError(`create must be a boolean, received ${describe(create)}.`);
  const checked = name === undefined ? undefined : checkName(name);
  if (create) return { create, size: checkSize(size), name: checked ?? randomName(16) };
  if (checked === undefined) throw new TypeError("SharedMemory attaches memory by its name: give one, or { create: true, size }.");
  return { create, name: checked };
}

/**
 * Bytes that several processes see at once: native backend. It is attached by being sent to another process of the tree, or by its name
 * from anywhere. It is gone when no process holds it any more, at the latest then its name too.
 *
 * @example
 * ```ts
 * const memory = new SharedMemory({ create: true, size: 4096 });
 * memory.buf[0] = 42;
 * const same = new SharedMemory({ name: memory.name });
 * console.log(same.buf[0]); // 42
 * same.close();
 * memory.close();
 * ```
 */
export class SharedMemory extends SharedObject<MemoryPort> {
  /** How many bytes; known after `close()` too. */
  readonly size: number;

  /**
   * @param options {@link SharedMemoryOptions}
   * @throws {UnsupportedError} on the portable backend
   * @throws {TypeError} without a name to attach, and for options of a wrong type
   * @throws {RangeError} for a name or size that can't be
   * @throws {ProcessError} if the name is taken, or nothing has it, or there is no memory left
   * @throws {CorruptedError} if what has the name is no shared memory of ours
   */
  constructor(options: SharedMemoryOptions) {
    super(MEMORY.label, () => {
      const settings = checkOptions(options);
      const backend = backendFor(new.target);
      if (backend.features.sharedMemory) return backend.make(MEMORY, settings);
      throw new UnsupportedError(
        "SharedMemory needs the native backend: capabilities() says why it is not there. SharedArray works on both.",
      );
    });
    this.size = openPort(this, "").size;
  }

  /** @internal */
  static adopt(port: MemoryPort): SharedMemory {
    return adopt(port, () => new SharedMemory({}));
  }

  /**
   * The bytes, without a copy. After `close()` they are gone: every view of them has length 0.
   *
   * @throws {ClosedError} after `close()`
   * @throws {UnsupportedError} where the runtime gives no view of memory, as Deno without `--allow-ffi` for everything
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
   * Removes the name: no process can attach the memory by it any more. Processes that have the memory keep it.
   *
   * @throws {ProcessError} if it was removed before
   */
  unlink(): void {
    portOf(this).unlink();
  }

  /**
   * Unmaps the memory in this process. The last process to close it removes the name. Idempotent. An object that nobody closed is closed
   * when it is collected, unless `buf` was asked for.
   */
  override close(): void {
    super.close();
  }
}

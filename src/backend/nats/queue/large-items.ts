import type { MsgHdrs } from "@nats-io/transport-node";
import { CorruptedError, OwnerDiedError } from "../../../errors/errors.ts";
import { now, repeat, stopTimer } from "../../../util/clock.ts";
import { Lazy } from "../../../util/lazy.ts";
import { randomName } from "../../../util/random.ts";
import { existsOtherwise, noReply } from "../errors.ts";
import type { Link } from "../link.ts";
import type { Waiting } from "../waiting.ts";

/** The header that names the object with the bytes of an item. */
const HEADER = "Polyproc-Object";
/** What a message has besides its bytes. */
const MOST_OVERHEAD = 4096;
/** An object whose item was never taken is removed after so long. */
const KEPT_MS = 30 * 86_400_000;
const NANOS = 1_000_000;
const MAX_BYTES = 2 ** 30;
/** While an object is loaded, this process looks every so many milliseconds whether all of it is there. */
const LOOK_MS = 1000;
/** A call that does not wait loads on until so many milliseconds have passed without a byte. */
const SILENCE_MS = 20_000;

type Store = Awaited<ReturnType<InstanceType<Link["packages"]["obj"]["Objm"]>["create"]>>;

/** Items that are larger than a message may be. Their bytes lie in the object store, and the message names them. */
export class LargeItems {
  readonly #link: Link;
  readonly #store = new Lazy(() => this.#open());

  constructor(link: Link) {
    this.#link = link;
  }

  /** Whether an item of so many bytes is too large for a message. */
  isLarge(bytes: number): boolean {
    return bytes > this.#link.maxPayload - MOST_OVERHEAD;
  }

  /** Stores the bytes. Returns their name, and the headers of the message that stands for them. */
  async put(bytes: Uint8Array): Promise<{ readonly name: string; readonly headers: MsgHdrs }> {
    const name = randomName(16);
    await (await this.#store.get()).putBlob({ name }, bytes);
    const headers = this.#link.packages.transport.headers();
    headers.set(HEADER, name);
    return { name, headers };
  }

  /** Returns the name of the object for which a message stands, if it stands for one. */
  nameIn(headers: MsgHdrs | undefined): string | undefined {
    return headers?.get(HEADER) || undefined;
  }

  /** Loads the bytes. `undefined` if the call ended before. Throws `OwnerDiedError` if they are gone for good. */
  get(name: string, waiting: Waiting): Promise<Uint8Array | undefined> {
    return waiting.orOver(this.#load(name, waiting));
  }

  /** Removes the bytes of an item that was taken, or was not put. */
  async remove(name: string): Promise<void> {
    await (await this.#store.get()).delete(name);
  }

  async #load(name: string, waiting: Waiting): Promise<Uint8Array | undefined> {
    const object = await waiting.patiently(async () => (await this.#store.get()).get(name));
    const { size, chunks, nuid } = object?.info ?? { size: 0, chunks: 0, nuid: "" };
    if (object === null || size === 0) throw gone();
    object.error.catch(() => {});
    const reader = object.data.getReader();
    const end = (): void => void reader.cancel().catch(() => {});
    let heardAt = now();
    const isSilent = (): boolean => waiting.once && now() - heardAt > SILENCE_MS;
    // The store waits for ever for what somebody has removed, and for servers that are gone.
    const look = async (): Promise<void> => {
      if (isSilent() || !(await this.#has(nuid, chunks))) end();
    };
    const timer = repeat(() => void look().catch(() => {}), LOOK_MS);
    const forget = waiting.onEnd(end);
    try {
      if (size > MAX_BYTES) throw new CorruptedError(`An item in the queue has ${size} bytes, and none may have more than 1 GiB.`);
      const bytes = new Uint8Array(size);
      let length = 0;
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (length + next.value.length > size) throw new CorruptedError("A large item in the queue has more bytes than its object says.");
        bytes.set(next.value, length);
        length += next.value.length;
        heardAt = now();
      }
      if (length === size) return bytes;
    } finally {
      forget();
      stopTimer(timer);
      end();
    }
    if (waiting.isOver) return undefined;
    throw isSilent() ? noReply() : gone();
  }

  // Whether all parts of an object are on the servers.
  async #has(nuid: string, chunks: number): Promise<boolean> {
    const { manager, names } = this.#link;
    const subject = `$O.${names.largeItems}.C.${nuid}`;
    const { state } = await manager.streams.info(`OBJ_${names.largeItems}`, { subjects_filter: subject });
    return (state.subjects?.[subject] ?? 0) >= chunks;
  }

  async #open(): Promise<Store> {
    const { obj, jetstream } = this.#link.packages;
    const objects = new obj.Objm(this.#link.client);
    const options = { ttl: KEPT_MS * NANOS, storage: jetstream.StorageType.File };
    const name = this.#link.names.largeItems;
    try {
      return await this.#link.copied((copies) => objects.create(name, { ...options, replicas: copies }));
    } catch (error) {
      // Another process has made it at the same time, for another number of servers.
      if (!existsOtherwise(error)) throw error;
      return objects.open(name);
    }
  }
}

function gone(): OwnerDiedError {
  return new OwnerDiedError("The bytes of a large item are gone: they were removed from the object store of the cluster.");
}

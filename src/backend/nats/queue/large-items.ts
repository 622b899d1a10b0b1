import type { MsgHdrs } from "@nats-io/transport-node";
import { CorruptedError, OwnerDiedError } from "../../../errors/errors.ts";
import { Lazy } from "../../../util/lazy.ts";
import { randomName } from "../../../util/random.ts";
import type { Link } from "../link.ts";

/** The header that names the object with the bytes of an item. */
const HEADER = "Polyproc-Object";
/** What a message has besides its bytes. */
const MOST_OVERHEAD = 4096;
/** An object whose item was never taken is removed after so long. */
const KEPT_MS = 30 * 86_400_000;
const NANOS = 1_000_000;
const MAX_BYTES = 2 ** 30;

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

  async get(name: string): Promise<Uint8Array> {
    const store = await this.#store.get();
    const size = (await store.info(name))?.size ?? 0;
    if (size > MAX_BYTES) throw new CorruptedError(`An item in the queue has ${size} bytes, and none may have more than 1 GiB.`);
    const bytes = size === 0 ? null : await store.getBlob(name);
    if (bytes === null)
      throw new OwnerDiedError("The bytes of a large item are gone: they were removed from the object store of the cluster.");
    return bytes;
  }

  /** Removes the bytes of an item that was taken, or was not put. */
  async remove(name: string): Promise<void> {
    await (await this.#store.get()).delete(name);
  }

  async #open(): Promise<Store> {
    const { obj, jetstream } = this.#link.packages;
    const objects = new obj.Objm(this.#link.client);
    const options = { ttl: KEPT_MS * NANOS, storage: jetstream.StorageType.File };
    return this.#link.copied((copies) => objects.create(this.#link.names.largeItems, { ...options, replicas: copies }));
  }
}

import type { Wait } from "../../../util/wait-options.ts";
import type { EventPort } from "../../contract/event.ts";
import type { Port } from "../../contract/port.ts";
import { objectGone } from "../errors.ts";
import { isNamed } from "../names.ts";
import type { KindName } from "../port.ts";
import { lookUntil } from "./looks.ts";
import { type Known, knownFrom, SyncPort } from "./port.ts";
import { corrupted, type Fields } from "./records.ts";
import type { Cluster } from "./sync.ts";

/** The record of an event. Without one, it is not set. */
interface EventFields extends Fields {
  readonly isSet: boolean;
  /** How often it was set. A wait sees by it that the event was set and cleared again meanwhile. */
  readonly sets: number;
}

const NEW: EventFields = { isSet: false, sets: 0 };

export class NatsEvent extends SyncPort implements EventPort {
  private constructor(cluster: Cluster, kind: KindName, known: Known) {
    super(cluster, kind, known, "event");
  }

  static open(cluster: Cluster, kind: KindName, token: string): NatsEvent {
    const event = new NatsEvent(cluster, kind, { token, came: false });
    if (!isNamed(token)) {
      // Others see by the record that the event is not gone.
      void event.sending(event.#make()).catch(() => {});
    }
    return event;
  }

  /** Opens an event that came in a message. */
  static attach(cluster: Cluster, kind: KindName, location: unknown): NatsEvent {
    return new NatsEvent(cluster, kind, knownFrom(location, "an event"));
  }

  again(): Port {
    return new NatsEvent(this.cluster, this.kind, this.known);
  }

  async set(): Promise<void> {
    await this.#change((before) => (before.isSet ? before : { isSet: true, sets: before.sets + 1 }));
  }

  async clear(): Promise<void> {
    await this.#change((before) => (before.isSet ? { ...before, isSet: false } : before));
  }

  async isSet(): Promise<boolean> {
    return this.ask(async () => (await this.#read()).isSet);
  }

  async wait(wait: Wait): Promise<boolean> {
    const { records } = this.cluster.sync;
    let before: number | undefined;
    const look = async (): Promise<true | undefined> => {
      const { isSet, sets } = await this.#read();
      before ??= sets;
      return isSet || sets !== before ? true : undefined;
    };
    const isSet = await this.waitFor(wait, (waiting) => waiting.orOver(lookUntil(records, this.key, waiting, look)));
    return isSet === true;
  }

  async #make(): Promise<void> {
    const { sync } = this.cluster;
    await sync.own(this.key);
    await sync.records.write(this.key, NEW, 0);
  }

  async #read(): Promise<EventFields> {
    return this.#check((await this.cluster.sync.records.read(this.key)).fields);
  }

  async #change(change: (before: EventFields) => EventFields): Promise<void> {
    const { records } = this.cluster.sync;
    const changed = this.ask(() =>
      records.change(
        this.key,
        (fields) => {
          const before = this.#check(fields);
          const next = change(before);
          return next === before ? fields : next;
        },
        // To set what is set changes nothing.
        { repeatable: true },
      ),
    );
    await this.sending(changed);
  }

  #check(fields: Fields | undefined): EventFields {
    if (fields === undefined) {
      if (!isNamed(this.known.token) && this.known.came) throw objectGone(this.kind.label);
      return NEW;
    }
    const { isSet, sets } = fields;
    if (typeof isSet !== "boolean" || !Number.isSafeInteger(sets)) throw corrupted(this.key);
    return { isSet, sets: sets as number };
  }
}

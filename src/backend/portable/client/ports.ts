import { Op } from "../../../codec/frame.ts";
import { ClosedError, CorruptedError } from "../../../errors/errors.ts";
import { notAllDone, nothingCame, notRead, queueEmpty, queueFull } from "../../../errors/messages.ts";
import { KEEP_BELOW } from "../../../util/bytes.ts";
import { FOREVER, orLate, type Wait } from "../../../util/timing.ts";
import type { ConnectionPort, DoorPort, Incoming, Message, Port, QueuePort, QueueStats, Ref, ReportKind } from "../../contract/backend.ts";
import type { Call, Reply } from "./call.ts";
import type { Client } from "./client.ts";

/** What a port needs to know of its object. */
export interface PortPlace {
  readonly client: Client;
  readonly id: string;
  share(): Ref;
  /** Everything this process has under way that must be out before it ends. */
  readonly unsent: Set<Call>;
}

interface Outgoing {
  readonly op: number;
  readonly message: Message;
  readonly wait: Wait;
  readonly tooLate: () => Error;
}

/** The replies to come of these calls. */
export function replies(calls: Iterable<Call>): Promise<Reply>[] {
  return Array.from(calls, ({ reply }) => reply);
}

function incomingOf({ incoming }: Reply): Incoming {
  if (incoming === undefined) throw new CorruptedError("The host of this object answered without the item.");
  return incoming;
}

/** This process's hold on an object in a hub, its own or another process's. */
export class PortablePort implements Port {
  readonly attached: Promise<void>;
  protected readonly place: PortPlace;
  protected readonly object: number;
  readonly #waits = new Set<Call>();
  readonly #sends = new Set<Call>();
  readonly #waitLists = [this.#waits];
  readonly #sendLists: Set<Call>[];
  #letGo = false;
  #released = false;

  constructor(place: PortPlace) {
    this.place = place;
    this.#sendLists = [this.#sends, place.unsent];
    const { object, attached } = place.client.attach(place.id);
    this.object = object;
    this.attached = attached;
  }

  share(): Ref {
    return this.place.share();
  }

  again(): Port {
    const Same = this.constructor as new (place: PortPlace) => PortablePort;
    return new Same(this.place);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.giveUp(() => new ClosedError("It was closed in this process while this call waited."));
    const detach = (): void => this.place.client.detach(this.place.id);
    if (this.#sends.size === 0) detach();
    else void this.sent().then(detach);
  }

  giveUp(reason: () => Error): void {
    for (const wait of this.#waits) wait.giveUp(reason());
  }

  letGo(): void {
    this.#letGo = true;
    for (const send of this.#sends) send.letGo();
  }

  async sent(): Promise<void> {
    while (this.#sends.size > 0) await Promise.allSettled(replies(this.#sends));
  }

  /** A request that the caller may abandon. */
  protected ask(op: number, wait: Wait = FOREVER, tooLate?: () => Error, meta?: unknown, undo?: unknown): Promise<Reply> {
    return this.place.client.call({ op, object: this.object, meta, wait, tooLate, undo, listed: this.#waitLists }).reply;
  }

  /** A request that carries a message: it must be out before this hold or this process ends. */
  protected async transmit({ op, message: { bytes, refs }, wait, tooLate }: Outgoing): Promise<void> {
    // What is small is copied into its frame at once; what is large may be the caller's own buffer.
    const message: Message = bytes.length < KEEP_BELOW ? { bytes, refs } : { bytes: bytes.slice(), refs };
    const listed = this.#letGo ? [this.#sends] : this.#sendLists;
    const call = this.place.client.call({ op, object: this.object, message, wait, tooLate, giveUp: "ask", listed });
    if (this.#letGo) call.letGo();
    await call.reply;
  }

  /** Asks a verb of the object, and gives its answer. */
  protected async call(verb: string, argument?: unknown, wait?: Wait, tooLate?: () => Error, undo?: unknown): Promise<unknown> {
    return (await this.ask(Op.call, wait, tooLate, [verb, argument], undo)).value;
  }

  protected take(wait: Wait, tooLate: () => Error): Promise<Incoming> {
    return this.ask(Op.get, wait, tooLate).then(incomingOf);
  }

  poll(wait: Wait): Promise<boolean> {
    return orLate(false, async (tooLate) => (await this.ask(Op.poll, wait, tooLate)).value === true);
  }
}

export class PortableQueue extends PortablePort implements QueuePort {
  put(message: Message, wait: Wait): Promise<void> {
    return this.transmit({
      op: Op.put,
      message,
      wait,
      tooLate: queueFull,
    });
  }

  get(wait: Wait): Promise<Incoming> {
    return this.take(wait, queueEmpty);
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return (await this.ask(Op.stats)).value as QueueStats & { readonly maxsize: number };
  }

  async taskDone(): Promise<void> {
    await this.ask(Op.taskDone);
  }

  async join(wait: Wait): Promise<void> {
    await this.ask(Op.join, wait, notAllDone);
  }

  async shutdown(immediate: boolean): Promise<void> {
    await this.ask(Op.shutdown, FOREVER, undefined, immediate);
  }
}

export class PortableConnection extends PortablePort implements ConnectionPort {
  send(message: Message, wait: Wait): Promise<void> {
    return this.transmit({ op: Op.put, message, wait, tooLate: notRead });
  }

  recv(wait: Wait): Promise<Incoming> {
    return this.take(wait, nothingCame);
  }
}

export class PortableDoor extends PortablePort implements DoorPort {
  async report(kind: ReportKind, message: Message): Promise<void> {
    await this.place.client.call({ op: Op.report, object: this.object, meta: kind, message }).reply;
  }
}

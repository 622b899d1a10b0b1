import type { Wire } from "../backend/contract/wire.ts";
import { note } from "../observe/events.ts";
import { now, startTimer, stopTimer } from "../util/clock.ts";
import { randomName } from "../util/random.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import type { Exchange } from "./exchange.ts";
import { bytesOf, fieldsOf, type StartReply, type StartRequest, type Subjects, subjectsOf, type Wanted } from "./protocol.ts";

/** An agent must reply within so many milliseconds. */
const REPLY_MS = 3000;
/** Without a free slot, the agents are asked again after so many milliseconds, or when one says that it has one. */
const RETRY_MS = 1000;
/** After so many milliseconds without any agent there is a warning. */
const WARN_MS = 10_000;

type Offer = Extract<StartReply, { readonly address: string }>;

/** What waits for a place on a host. */
export interface Guest {
  readonly name: string;
  /** What the agent is asked to start. */
  readonly wanted: Wanted;
  /** What its channel tells. It may come before `place`. */
  readonly channelEvents: ChannelEvents;
  /** Whether it needs no place any more. */
  readonly isOver: boolean;
  /** Resolves when its channel is not needed any more. */
  readonly ended: Promise<unknown>;
  /** An agent has taken it, and speaks over this channel. */
  place(channel: Channel, host: string): void;
}

/** Finds places at the agents of one group that have one version of the program. */
export class Places {
  readonly #wire: Wire;
  readonly #exchange: Exchange;
  readonly #group: string;
  readonly #version: string;
  readonly #subjects: Subjects;
  readonly #waiting: Guest[] = [];
  readonly #unsubscribe: () => void;
  #isSearching = false;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(exchange: Exchange, group: string, version: string) {
    this.#wire = exchange.wire;
    this.#exchange = exchange;
    this.#group = group;
    this.#version = version;
    this.#subjects = subjectsOf(this.#wire, group, version);
    this.#unsubscribe = this.#wire.subscribe(this.#subjects.free, () => this.look());
  }

  /** Finds a place for a guest, behind all others that wait. */
  add(guest: Guest): void {
    this.#waiting.push(guest);
    void this.#search();
  }

  /** Does not wait any longer until the agents are asked again: a guest is over, or an agent has a place. */
  look(): void {
    this.#wake();
  }

  /** Finds no more places. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.look();
  }

  // Asks agents for one guest after another, as long as some wait.
  async #search(): Promise<void> {
    if (this.#isSearching) return;
    this.#isSearching = true;
    try {
      await this.#placeAll();
    } finally {
      this.#isSearching = false;
    }
  }

  async #placeAll(): Promise<void> {
    const since = now();
    let isWarned = false;
    for (let next = this.#waiting[0]; next !== undefined && !this.#isClosed; next = this.#waiting[0]) {
      if (next.isOver || (await this.#ask(next))) {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        continue;
      }
      if (!isWarned && now() - since > WARN_MS) {
        isWarned = true;
        await this.#warn(next);
      }
      await this.#pause();
    }
  }

  // Whether an agent has taken the guest.
  async #ask(next: Guest): Promise<boolean> {
    const id = randomName(16);
    const channel = this.#exchange.open(id, next.channelEvents);
    const request: StartRequest = { id, address: this.#exchange.address, wanted: next.wanted };
    const reply = await this.#wire.request(this.#subjects.start, bytesOf(request), REPLY_MS);
    const { address, host } = typeof reply === "string" ? {} : offerIn(reply);
    // An agent that has taken it although the reply is lost, or nobody wants the place any more, learns that nobody hears it here.
    if (!this.#wire.isInbox(address) || this.#isClosed || next.isOver) {
      this.#exchange.drop(id);
      return false;
    }
    channel.connect(address);
    next.place(channel, typeof host === "string" ? host : "");
    void next.ended.then(() => channel.sent()).then(() => this.#exchange.drop(id));
    return true;
  }

  async #pause(): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = startTimer(woken.resolve, RETRY_MS);
    await woken.promise;
    stopTimer(timer);
  }

  async #warn({ name }: Guest): Promise<void> {
    const reply = await this.#wire.request(this.#subjects.ping, bytesOf(null), REPLY_MS);
    if (reply === "nobody")
      note(
        "warning",
        () =>
          `${name} waits for an agent of the group "${this.#group}" with the version "${this.#version}" in the namespace "${this.#wire.namespace}", and there is none: start one by npx polyproc agent`,
      );
  }
}

// Whoever may connect can reply. What is no value of this library is no offer.
function offerIn(reply: Uint8Array): ReturnType<typeof fieldsOf<Offer>> {
  try {
    return fieldsOf<Offer>(reply);
  } catch {
    return {};
  }
}

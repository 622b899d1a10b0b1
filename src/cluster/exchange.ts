import type { Wire } from "../backend/contract/wire.ts";
import { repeat, stopTimer, type Timer } from "../util/clock.ts";
import { Channel, type ChannelEvents, GONE, saysGone } from "./channel.ts";

/** All channels of one process. They share a subject, on which this process hears. */
export class Exchange {
  readonly wire: Wire;
  /** Others reach the channel with the id X at the subject `<address>.X`. */
  readonly address: string;
  readonly #channels = new Map<string, Channel>();
  readonly #unsubscribe: () => void;
  readonly #timer: Timer;

  constructor(wire: Wire) {
    this.wire = wire;
    this.address = wire.inbox();
    // Subjects of NATS are hierarchies, and "*" stands for one part.
    this.#unsubscribe = wire.subscribe(`${this.address}.*`, ({ bytes, reply }) => this.#receive(bytes, reply));
    this.#timer = repeat(() => {
      for (const channel of [...this.#channels.values()]) channel.beat();
    }, wire.lease / 3);
  }

  /**
   * Opens a channel. It hears at once, and what it sends waits until it is told the address of the other side's exchange.
   *
   * @param id a random name, which both sides give
   */
  open(id: string, events: ChannelEvents): Channel {
    const reply = `${this.address}.${id}`;
    const channel = new Channel((frame, address) => this.wire.publish(`${address}.${id}`, frame, reply), this.wire.mostBytes, {
      message: events.message,
      gone: (why) => {
        this.#channels.delete(id);
        events.gone(why);
      },
    });
    this.#channels.set(id, channel);
    return channel;
  }

  /** Closes a channel. The other side learns it with the next frame that it sends. */
  drop(id: string): void {
    this.#channels.get(id)?.close();
    this.#channels.delete(id);
  }

  close(): void {
    stopTimer(this.#timer);
    for (const channel of [...this.#channels.values()]) channel.end("the connection to the cluster was closed");
    this.#unsubscribe();
  }

  #receive(frame: Uint8Array, reply: string): void {
    const at = reply.lastIndexOf(".");
    const channel = this.#channels.get(reply.slice(at + 1));
    if (channel !== undefined) channel.receive(frame);
    else if (this.wire.isInbox(reply) && !saysGone(frame)) this.wire.publish(reply, GONE, `${this.address}.${reply.slice(at + 1)}`);
  }
}

import { items, rate, roundTrip, text } from "../measure.ts";

/** After so many messages the event loop gets a turn, in which it sends them. */
const BURST = 1024;

interface Channel {
  send(message: unknown): void;
  /** Settles with the next message from the other side. */
  reply(): Promise<unknown>;
}

interface MessageSettings {
  readonly what: string;
  readonly bytes: number;
  readonly ms: number;
  readonly pause: number;
  readonly samples: number;
}

/** Messages a second to the other side with `what: "rate"`, else microseconds of a round trip. */
export async function measureMessages({ send, reply }: Channel, given: MessageSettings): Promise<number | number[]> {
  const value = text(given.bytes);
  const once = async (): Promise<void> => {
    const back = reply();
    send(value);
    await back;
  };
  const item = items(0);
  const flood = async (total: number): Promise<number> => {
    const end = reply();
    send(total);
    for (let i = 0; i < total; i++) {
      send(item(i));
      if (i % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await end;
    return total;
  };
  return given.what === "rate" ? rate(flood, given.ms) : roundTrip(once, given);
}

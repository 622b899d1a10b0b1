import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { after } from "../../util/deadline.ts";
import type { Link } from "./link.ts";

/** A message to which a server replies. */
export interface Request {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: MsgHdrs;
}

/** Requests that are sent together. */
export interface Burst {
  readonly count: number;
  /** Returns the request of a place, from 0 on. It is sent before the next one is asked for. */
  readonly at: (place: number) => Request;
  /** Whether a reply says that the request was handled. */
  readonly isGood: (reply: Msg) => boolean;
}

/**
 * Sends many requests, and returns the places of those to which no server has given a good reply within `ms` milliseconds. They share a
 * subscription, a timer and the writes to the socket: to wait for each by itself takes about twice as long.
 */
export function burst(link: Link, { count, at, isGood }: Burst, ms: number): Promise<ReadonlySet<number>> {
  return new Promise((resolve, reject) => {
    const missing = new Set(Array(count).keys());
    let answers = 0;
    const inbox = link.inbox();
    const subscription = link.connection.subscribe(`${inbox}.*`, {
      callback: (error, reply) => {
        if (error !== null) return;
        if (isGood(reply)) missing.delete(Number(reply.subject.slice(inbox.length + 1)));
        if (++answers === count) finish();
      },
    });
    const end = (): void => {
      stop();
      subscription.unsubscribe();
    };
    const finish = (): void => {
      end();
      resolve(missing);
    };
    const stop = after(ms, finish);
    try {
      for (let place = 0; place < count; place++) {
        const { subject, payload, headers } = at(place);
        link.connection.publish(subject, payload, { reply: `${inbox}.${place}`, ...(headers && { headers }) });
      }
    } catch (error) {
      end();
      reject(error);
    }
  });
}

import type { Channel } from "node:diagnostics_channel";
import { nextTurn } from "../util/clock.ts";
import { diagnostics } from "../util/lazy-modules.ts";
import { addObserver, type Events, type Observer, type Topic } from "./events.ts";

type Public = "process" | "task" | "lost";

let opened: Readonly<Record<Public, Channel>> | undefined;

// They are opened in the first turn of the event loop, or with the first event. That takes most runtimes no time, and Bun some tenths of a
// millisecond. Bun collects a channel that only its subscribers know, and forgets them with it, so this module keeps the channels.
function channels(): Readonly<Record<Public, Channel>> {
  const { channel } = diagnostics();
  opened ??= { process: channel("polyproc:process"), task: channel("polyproc:task"), lost: channel("polyproc:lost") };
  return opened;
}

function isPublic(topic: Topic): topic is Public {
  return topic === "process" || topic === "task" || topic === "lost";
}

/** Publishes events on the channels of `node:diagnostics_channel`. An error of a subscriber becomes an uncaught error of the program. */
const publisher: Observer = {
  hears: (topic: Topic) => isPublic(topic) && (opened ?? channels())[topic].hasSubscribers,
  hear<T extends Topic>(topic: T, event: Events[T]): void {
    if (isPublic(topic)) channels()[topic].publish(event);
  },
};

addObserver(publisher);
nextTurn(() => void channels());

import type { Channel } from "node:diagnostics_channel";
import { diagnostics } from "../util/lazy-modules.ts";
import { addObserver, type Events, type Observer, type Topic } from "./events.ts";

type Public = "process" | "task" | "lost";

const { channel } = diagnostics();

// Bun collects a channel that only its subscribers know, and forgets them with it. So this module keeps the channels, and it opens them
// before any code of the program can subscribe.
const channels: Readonly<Record<Public, Channel>> = {
  process: channel("polyproc:process"),
  task: channel("polyproc:task"),
  lost: channel("polyproc:lost"),
};

function isPublic(topic: Topic): topic is Public {
  return topic === "process" || topic === "task" || topic === "lost";
}

/** Publishes events on the channels of `node:diagnostics_channel`. An error of a subscriber becomes an uncaught error of the program. */
const publisher: Observer = {
  hears: (topic: Topic) => isPublic(topic) && channels[topic].hasSubscribers,
  hear<T extends Topic>(topic: T, event: Events[T]): void {
    if (isPublic(topic)) channels[topic].publish(event);
  },
};

addObserver(publisher);

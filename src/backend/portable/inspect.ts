import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { MOST_PAGE, readPage } from "../../tree/page.ts";
import { fieldsOf, listOf, pidOf } from "../../util/checked.ts";
import { after } from "../../util/deadline.ts";
import { net } from "../../util/lazy-modules.ts";
import type { Inspected, SeenProcess, SharedFacts, SharedKind } from "../contract/inspect.ts";
import { HELLO_SIZE, QUESTION } from "./handshake.ts";
import { inspectedId, NAME } from "./location.ts";

/** A hub that has not answered after so many milliseconds is busy. */
const ANSWER_MS = 200;
const KINDS: ReadonlySet<unknown> = new Set<SharedKind>(["queue", "lock", "rlock", "semaphore", "event", "condition", "barrier"]);
const MOST_OBJECTS = 5000;
const MOST_PARTIES = 2000;
const MOST_NUMBERS = 16;
const NAME_OF_NUMBER = /^[a-zA-Z]{1,20}$/;
const ID = /^[0-9a-f]{1,64}$/;
const CALL = /^[a-z]{1,10}$/;

/** Asks the hubs of these processes which objects they host, all at the same time. */
export async function askHubs(processes: readonly SeenProcess[]): Promise<Inspected> {
  const silent: number[] = [];
  const answers = await Promise.all(
    processes.map(async ({ pid, address }): Promise<SharedFacts[]> => {
      if (address === undefined || !existsSync(address)) return [];
      const answer = await ask(address);
      if (answer === "silent") silent.push(pid);
      return typeof answer === "object" ? objectsIn(answer, pid) : [];
    }),
  );
  return { objects: answers.flat(), silent };
}

// "gone": nobody listens. "silent": no answer in time, or none that is valid.
function ask(address: string): Promise<Readonly<Record<string, unknown>> | "gone" | "silent"> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let size = 0;
    // The hub says hello before it is asked.
    let isAsked = false;
    let greeting = HELLO_SIZE;
    const socket: Socket = net().connect(address);
    const end = (answer: Readonly<Record<string, unknown>> | "gone" | "silent"): void => {
      stop();
      socket.destroy();
      resolve(answer);
    };
    const stop = after(ANSWER_MS, () => end("silent"));
    socket.on("error", () => end(isAsked ? "silent" : "gone"));
    socket.on("connect", () => {
      isAsked = true;
      socket.write(QUESTION);
    });
    socket.on("data", (chunk: Uint8Array) => {
      const rest = chunk.subarray(Math.min(greeting, chunk.length));
      greeting -= chunk.length - rest.length;
      size += rest.length;
      if (size > MOST_PAGE) end("silent");
      else pieces.push(rest);
    });
    socket.on("close", () => end(readPage(Buffer.concat(pieces)) ?? "silent"));
  });
}

// Another process may answer anything. What has not the right form is left out.
function objectsIn(answer: Readonly<Record<string, unknown>>, host: number): SharedFacts[] {
  return listOf(answer.objects, MOST_OBJECTS).flatMap((each): SharedFacts[] => {
    const { id, kind, numbers, users, holders, waiters } = fieldsOf(each);
    if (typeof id !== "string" || !ID.test(id) || !KINDS.has(kind)) return [];
    return [
      {
        kind: kind as SharedKind,
        backend: NAME,
        id: inspectedId(id),
        host,
        users: listOf(users, MOST_PARTIES).flatMap((pid) => pidOf(pid) ?? []),
        holders: listOf(holders, MOST_PARTIES).map((pid) => ({ pid: pidOf(pid), isMainThread: null })),
        waiters: listOf(waiters, MOST_PARTIES).flatMap((waiter) => {
          const { pid, call } = fieldsOf(waiter);
          return typeof call === "string" && CALL.test(call) ? [{ pid: pidOf(pid), isMainThread: null, call, isSync: false }] : [];
        }),
        numbers: numbersOf(numbers),
      },
    ];
  });
}

function numbersOf(numbers: unknown): Record<string, number> {
  const pairs = Object.entries(fieldsOf(numbers)).slice(0, MOST_NUMBERS);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, number] => NAME_OF_NUMBER.test(pair[0]) && Number.isSafeInteger(pair[1])),
  );
}

import type { Queue } from "../../../mod.ts";
import { stay } from "../../suite/sync.ts";

export function echoArgs(...args: unknown[]): unknown[] {
  return args;
}

export async function untilTold(q: Queue): Promise<void> {
  await q.get();
}

export async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  if (stream === null) return "";
  return new Response(stream).text();
}

/** Hears SIGTERM, and goes on. */
export async function ignoreTerm(ready: Queue<string>): Promise<void> {
  process.on("SIGTERM", () => void ready.put("SIGTERM"));
  await ready.put("ready");
  await stay();
}

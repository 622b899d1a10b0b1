import type { Queue } from "../../../mod.ts";

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

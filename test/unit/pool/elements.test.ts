import { expect, it } from "vitest";
import type { CallHost, PoolCall } from "../../../src/pool/calls/call.ts";
import { Chunks } from "../../../src/pool/calls/elements.ts";
import { Kind } from "../../../src/pool/entries.ts";

/** The chunks of a map, each by its first element and its size, and the elements that failed because they can't travel. */
function chunksOf(elements: readonly unknown[]): {
  readonly chunks: readonly (readonly [number, number])[];
  readonly failed: readonly number[];
} {
  const failed: number[] = [];
  const call = { target: { number: 1 }, taskTimeout: Number.POSITIVE_INFINITY, failed: (index: number) => failed.push(index) };
  const host = { workers: 2, number: () => 0 };
  const rules = { kind: Kind.map, chunkSize: undefined, likePython: true, mayTake: () => Number.POSITIVE_INFINITY };
  const source = new Chunks(call as unknown as PoolCall, host as unknown as CallHost, elements, rules);
  const chunks: [number, number][] = [];
  for (let work = source.next(); work !== undefined; work = source.next()) chunks.push([work.first, work.size]);
  return { chunks, failed };
}

// Each chunk is a message, and on a cluster thousands of messages take seconds.
it.each([0, 1249, 1250, 4321, 9999])("element %i of 10,000 can't travel: it fails alone, and the others make few chunks", (bad) => {
  const { chunks, failed } = chunksOf(Array.from({ length: 10_000 }, (_, i) => (i === bad ? () => {} : i)));
  expect(failed).toEqual([bad]);
  expect(chunks.length).toBeLessThan(8 + 2 * Math.ceil(Math.log2(1250)));
  const elements = chunks.flatMap(([first, size]) => Array.from({ length: size }, (_, i) => first + i));
  expect(elements).toEqual(Array.from({ length: 10_000 }, (_, i) => i).filter((i) => i !== bad));
});

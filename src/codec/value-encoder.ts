import type { Writer } from "./writer.ts";

/**
 * How parts that can't travel are handled: the whole value is refused, or a text takes the part's place that describes it; then shared
 * objects may be described in any case.
 */
export type Manner = "refuse" | "describe" | "describe objects";

/** The encoder, as the functions that encode objects of one class need it. */
export interface ValueEncoder {
  readonly out: Writer;
  value(value: unknown, depth: number): void;
  /** Writes the parts of an array. */
  entries(list: readonly unknown[], length: number, depth: number): void;
  /** Sets how parts are handled from now on. Returns how they were handled before. */
  handleParts(manner: Manner): Manner;
}

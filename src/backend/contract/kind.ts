import type { Port } from "./port.ts";

/**
 * A kind of shared object. Its name travels in references. The type parameters say what each backend makes it from, and what stands for
 * it in a process.
 */
export interface Kind<P extends Port, Settings = undefined, Made = P> {
  readonly name: string;
  /** What users call such an object, for messages. */
  readonly label: string;
  /** Never there: it only ties the types to the kind. */
  readonly types?: (settings: Settings, port: P) => Made;
}

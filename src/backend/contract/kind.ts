import type { Port } from "./port.ts";

/**
 * A kind of shared object. Its name travels in references. The type parameters are the type of its ports, the settings from which a backend
 * makes an object, and the result of making one.
 */
export interface Kind<P extends Port, Settings = undefined, Made = P> {
  readonly name: string;
  /** The word for such an object in error messages. */
  readonly label: string;
  /** Always absent. It only connects the type parameters with the kind. */
  readonly types?: (settings: Settings, port: P) => Made;
}

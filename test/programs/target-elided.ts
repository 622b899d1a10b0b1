const counts = globalThis as { elidedLoaded?: number };
counts.elidedLoaded = (counts.elidedLoaded ?? 0) + 1;
/** Imported without `type`, and used as a type only. */
export class OnlyType {
  readonly size: number = 1;
}

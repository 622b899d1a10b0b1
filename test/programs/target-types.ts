const counts = globalThis as { typesLoaded?: number };
counts.typesLoaded = (counts.typesLoaded ?? 0) + 1;
export interface Shape {
  readonly size: number;
}
export const value: number = 1;

const SLOTS = 1024;

/**
 * Remembers names of properties that were read. The same names come again and again, and an engine finds a property fastest by a string
 * that it has used before. Each slot keeps the last name that was stored in it.
 */
export class KnownKeys {
  readonly #keys: (string | undefined)[] = new Array(SLOTS).fill(undefined);

  /** Returns the slot for a name of one byte or more. It depends on the name's length and its first, middle and last byte. */
  slotOf(bytes: Uint8Array, start: number, size: number): number {
    const first = bytes[start] ?? 0;
    const middle = bytes[start + (size >> 1)] ?? 0;
    const last = bytes[start + size - 1] ?? 0;
    return ((size << 7) ^ (first << 5) ^ (middle << 3) ^ last) & (SLOTS - 1);
  }

  /** Returns the name in this slot, if it is the same as these ASCII bytes. */
  find(slot: number, bytes: Uint8Array, start: number, size: number): string | undefined {
    const key = this.#keys[slot];
    if (key === undefined || key.length !== size) return undefined;
    for (let i = 0; i < size; i++) if (key.charCodeAt(i) !== bytes[start + i]) return undefined;
    return key;
  }

  keep(slot: number, key: string): void {
    this.#keys[slot] = key;
  }
}

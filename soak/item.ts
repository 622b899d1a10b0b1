/** An item of the soaked queue: its producer, its number there, and bytes that follow from both. */
export type Item = readonly [producer: number, number: number, bytes: Uint8Array];

// Most items are small. A few are longer than a queue's first buffer, or than a socket takes at once.
function lengthOf(producer: number, number: number): number {
  const mixed = Math.imul(number, 2654435761) ^ Math.imul(producer, 40503);
  if (number % 499 === 0) return 300_000 + (mixed & 0xffff);
  return number % 97 === 0 ? (mixed >>> 0) % 30_000 : (mixed >>> 0) % 100;
}

export function makeItem(producer: number, number: number): Item {
  return [producer, number, new Uint8Array(lengthOf(producer, number)).fill(number + producer)];
}

/** Whether every byte is as the producer made it. */
export function isWhole(item: Item): boolean {
  const [producer, number, bytes] = item;
  const wanted = (number + producer) & 0xff;
  return item.length === 3 && bytes.length === lengthOf(producer, number) && bytes.every((byte) => byte === wanted);
}

// Node can't run an enum by itself: the child needs ts-node as well.
enum Factor {
  Two = 2,
}

export function double(n: number): number {
  return Factor.Two * n;
}

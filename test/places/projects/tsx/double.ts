// Node can't run an enum by itself: the child needs tsx as well.
enum Factor {
  Two = 2,
}

export function double(n: number): number {
  return Factor.Two * n;
}

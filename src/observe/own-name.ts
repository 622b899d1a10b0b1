let read = (): string => "MainProcess";

/** Sets the function that tells the present name of this process. */
export function setOwnName(name: () => string): void {
  read = name;
}

/** Returns the present name of this process. */
export function ownName(): string {
  return read();
}

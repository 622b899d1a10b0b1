/** A program whose children run the program's own file, because this package's modules have no files. */
export interface FrozenProgram {
  /** The executable file, if the program is one. */
  readonly executable: string | undefined;
  /** The main module of a bundle. */
  readonly main: URL | undefined;
}

/** The last argument of a frozen program's child. It says that the program is to do a child's work. */
export const CHILD_MARK: string = "--polyproc-child";

let program: FrozenProgram | undefined;

/** Notes that this program is a frozen one. */
export function freeze(frozen: FrozenProgram): void {
  program = frozen;
}

/** Returns the frozen program, or `undefined` if this is none. */
export function frozenProgram(): FrozenProgram | undefined {
  return program;
}

// What `npm run test:windows` leaves out, and why. A reason says whether the case can't be tried there, or shows a limit that the docs name.

interface Skipped {
  /** A file, or a folder, of test/cases. */
  readonly files: string;
  /** The beginning of a case's name; all cases of the files if it is missing. */
  readonly cases?: string;
  /** The runtimes that leave it out; all if it is missing. */
  readonly runtimes?: readonly string[];
  readonly why: string;
}

const SKIPPED: readonly Skipped[] = [];

/** Returns why a case is left out there, or `undefined` if it is run. `file` is a URL. */
export function reasonToSkip(file: string, name: string, runtime: string): string | undefined {
  const found = SKIPPED.find(
    ({ files, cases = "", runtimes }) =>
      file.includes(`/test/cases/${files}`) && name.startsWith(cases) && (runtimes === undefined || runtimes.includes(runtime)),
  );
  return found?.why;
}

/** One behaviour, run by the runtime under test. */
export type Case = () => Promise<void>;
export type Cases = Readonly<Record<string, Case>>;

/** A case throws this when it can't be tried here. The reason is shown. */
export class Skip extends Error {
  override name = "Skip";
}

/** The runner prints one for each case, after {@link MARK}. */
export interface Report {
  /** The URL of the file of cases. */
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly detail?: string;
  readonly ms: number;
}

export const MARK = "\u0001case ";

/** The name of the check, after the last case of a file, that its cases closed all that they opened. */
export const LEAKS = "nothing is left open";

/** One behaviour, run by the runtime under test. */
export type Case = () => Promise<void>;
export type Cases = Readonly<Record<string, Case>>;

/** Thrown by a case that can't say anything here; the reason is shown. */
export class Skip extends Error {
  override name = "Skip";
}

/** What the runner prints for each case, after {@link MARK}. */
export interface Report {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly detail?: string;
  readonly ms: number;
}

export const MARK = "\u0001case ";

/** The name under which the runner says whether its process has more open than before the first case. */
export const LEAKS = "nothing is left open";

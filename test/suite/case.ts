/** One behaviour, run by the runtime under test. */
export type Case = () => Promise<void>;
export type Cases = Readonly<Record<string, Case>>;

const slowCases = new WeakSet<Case>();

/** Marks a case that takes most of a second or longer. The quick tier of the tests leaves it out. */
export function slow(run: Case): Case {
  slowCases.add(run);
  return run;
}

/**
 * The tier of the tests that was chosen: "quick" leaves out the slow cases, "share 1/3" has every third of them, from number 1 on, and "all" has all.
 * "full", the usual one, has all, but of the portable backend a third for each runtime. A child of a case may not be allowed to read the variable.
 */
export function chosenTier(): string {
  return process.env.POLYPROC_TEST_TIER ?? "full";
}

/** The cases that a tier of the tests runs. */
export function inTier(cases: Cases, tier: string): Cases {
  const [first, step] = /^share (\d+)\/(\d+)$/.exec(tier)?.slice(1).map(Number) ?? (tier === "quick" ? [-1, 1] : [0, 1]);
  let slowOnes = 0;
  const isIn = ([, run]: [string, Case]): boolean => !slowCases.has(run) || slowOnes++ % (step ?? 1) === first;
  return Object.fromEntries(Object.entries(cases).filter(isIn));
}

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

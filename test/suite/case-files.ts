// Finds the files of cases: test/cases/FOLDER/FILE.ts, and those directly in test/cases.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { type Cases, chosenTier, inTier } from "./case.ts";

const casesFolder = new URL("../cases/", import.meta.url);

export interface CaseFile {
  /** As it is shown and chosen, for instance "queue/waits". The file is test/cases/NAME.ts. */
  readonly name: string;
  readonly cases: Cases;
}

/** The files of a folder, or one that has no folder. */
export interface CaseFolder {
  readonly name: string;
  readonly files: readonly CaseFile[];
}

/**
 * All files whose cases concern this backend, by folder. Modules that export no `cases` hold helpers of the other files.
 *
 * POLYPROC_TEST_FILES chooses folders ("queue") and files ("queue/waits"), separated by commas.
 */
export async function findCases(
  backend: string,
  tier: string = chosenTier(),
  chosen: readonly string[] | undefined = process.env.POLYPROC_TEST_FILES?.split(","),
): Promise<readonly CaseFolder[]> {
  const folders: CaseFolder[] = [];
  for (const entry of readdirSync(casesFolder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = basename(entry.name, ".ts");
    const names = entry.isDirectory() ? namesIn(`${name}/`) : [name];
    const files = await Promise.all(
      names
        .filter((each) => chosen === undefined || chosen.includes(name) || chosen.includes(each))
        .map((each) => load(each, backend, tier)),
    );
    const present = files.filter((file) => file !== undefined);
    if (present.length > 0) folders.push({ name, files: present });
  }
  return folders;
}

function namesIn(folder: string): string[] {
  return readdirSync(new URL(folder, casesFolder))
    .sort()
    .map((file) => `${folder}${basename(file, ".ts")}`);
}

async function load(name: string, backend: string, tier: string): Promise<CaseFile | undefined> {
  const { cases, only } = (await import(new URL(`${name}.ts`, casesFolder).href)) as { cases?: Cases; only?: string };
  if (cases === undefined || (only !== undefined && only !== backend)) return undefined;
  return { name, cases: inTier(cases, tier) };
}

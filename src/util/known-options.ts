import { describe } from "./describe.ts";

/**
 * Lists the names of an interface's options. The compiler refuses a list that lacks one of them, so no new option can be forgotten.
 *
 * @param names an object with each name as a key
 */
export function optionNames<T extends object>(names: Readonly<Record<keyof T, true>>): readonly string[] {
  return Object.keys(names);
}

/**
 * Throws `TypeError` for an option that does not exist. Otherwise a misspelt option would be ignored in silence.
 *
 * @param names the options that exist
 * @param of the word in error messages for what takes the options
 */
export function refuseUnknown(options: object, names: readonly string[], of: string): void {
  for (const name in options) {
    // Inherited names do not count: another library may have added one to Object.prototype.
    if (!names.includes(name) && Object.hasOwn(options, name)) throw new TypeError(noOption(name, names, of));
  }
}

function noOption(name: string, names: readonly string[], of: string): string {
  const meant = nearest(name, names);
  const advice = meant === undefined ? `there ${names.length === 1 ? "is" : "are"} ${listed(names)}.` : `did you mean ${meant}?`;
  return `${describe(name)} is no option of ${of}: ${advice}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Returns the name that was probably meant, if one is near. Case and underscores do not count, so that Python's names are near too. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const given = plain(name.slice(0, 40));
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const each of names) {
    const other = plain(each);
    const distance = editDistance(given, other);
    const isPart = given.length > 2 && (given.includes(other) || other.includes(given));
    if (distance >= least || !(isPart || distance <= Math.ceil(other.length / 4))) continue;
    best = each;
    least = distance;
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, "");
}

/** The number of letters to insert, drop, replace, or swap with their neighbours, that makes one text of the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : replaced;
      next.push(Math.min(replaced, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

// Finds links in Markdown files that lead nowhere.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The links in these files to files and headings that do not exist, a sentence for each. Links to the web are not followed. */
export function brokenLinks(files: readonly string[]): string[] {
  return files.flatMap((file) => linksIn(file).flatMap((link) => faultOf(file, link)));
}

function linksIn(file: string): string[] {
  const text = textOf(file).replace(/`[^`\n]*`/g, "");
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function faultOf(file: string, link: string): string[] {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : join(dirname(file), decodeURI(path));
  const place = relative(process.cwd(), file);
  if (!existsSync(target)) return [`${place}: ${link} does not exist.`];
  if (anchor !== undefined && !anchorsOf(target).has(anchor.toLowerCase())) return [`${place}: ${link} names no heading.`];
  return [];
}

// A heading's anchor is its text without marks, in small letters, with hyphens for spaces. A second heading of the same text gets a number.
function anchorsOf(file: string): Set<string> {
  const text = textOf(file);
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = ""]) => id.toLowerCase()));
  const counts = new Map<string, number>();
  for (const [, heading = ""] of text.matchAll(/^#+ (.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

// Code is no text: brackets in it are no links, and a # in it is no heading.
function textOf(file: string): string {
  return readFileSync(file, "utf8").replace(/^```[\s\S]*?^```/gm, "");
}

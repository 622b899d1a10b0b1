// Fetches programs from Debian's packages with apt-get, into folders of their own: it needs no root, and the system's packages stay as they are.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const SECONDS = 60;
const KEYS = "/usr/share/keyrings";

/**
 * Fetches packages of a Debian suite, and unpacks them into a folder. Packages that they need are not fetched. Where that fails, gives the reason, as
 * the end of a sentence about the first one.
 */
export function fetchPackages(packages, suite, folder) {
  const mirror = process.platform === "linux" ? findMirror() : undefined;
  if (mirror === undefined) return "is only for Debian";
  const keys = existsSync(KEYS) ? readdirSync(KEYS).find((name) => name.startsWith("debian-archive-keyring.")) : undefined;
  if (keys === undefined) return `can't be checked without Debian's keys in ${KEYS}`;
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), "fetch-"));
  try {
    const failure = download(packages, work, `deb [signed-by=${join(KEYS, keys)}] ${mirror} ${suite} main\n`);
    if (failure !== undefined) return failure;
    // Somebody else may fetch at the same time. A rename leaves one of the two, whole.
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(work, "root"), folder);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(packages, folder, source) {
  console.log(`Fetching ${packages[0]} from Debian's packages (once, ${SECONDS} s at most)...`);
  const sources = join(folder, "sources.list");
  const [lists, cache] = [join(folder, "lists"), join(folder, "cache")];
  writeFileSync(sources, source);
  for (const each of [join(lists, "partial"), join(cache, "archives/partial")]) mkdirSync(each, { recursive: true });
  const settings = [
    `Dir::Etc::SourceList=${sources}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    "Acquire::Languages=none",
    // Root's apt-get hands downloads to a user of its own, who may not be let into this folder.
    "APT::Sandbox::User=root",
  ].flatMap((setting) => ["-o", setting]);
  const end = Date.now() + SECONDS * 1000;
  const run = (program, ...args) => fault(program, args, folder, end);
  const failure =
    run("apt-get", ...settings, "update", "-qq", "--error-on=any") ?? run("apt-get", ...settings, "download", "-qq", ...packages);
  if (failure !== undefined) return failure;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
    const unpacking = run("dpkg-deb", "--extract", file, "root");
    if (unpacking !== undefined) return unpacking;
  }
  return undefined;
}

/** Runs a program until `end` at most, and says what was wrong. */
function fault(program, args, cwd, end) {
  const { status, signal, error, stderr } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: Math.max(end - Date.now(), 1),
    killSignal: "SIGKILL",
  });
  if (status === 0) return undefined;
  if (error?.code === "ENOENT") return `can't be fetched without ${program}`;
  if (error?.code === "ETIMEDOUT") return `could not be fetched within ${SECONDS} s`;
  const [text = String(error?.message ?? signal ?? `exit code ${status}`)] = stderr?.match(/^E: .*/m) ?? [];
  return `could not be fetched: ${program} says "${text.replace(/^E: /, "").trim()}"`;
}

/** The address that the system's own packages come from. A company's machines may reach no other. */
function findMirror() {
  const read = (path) => (existsSync(path) ? readFileSync(path, "utf8").replace(/^#.*\n/gm, "") : "");
  const sections = read("/etc/apt/sources.list.d/debian.sources").split(/\n\s*\n/);
  const main = sections.find((section) => /^Components:.*\bmain\b/m.test(section) && !/^Suites:.*-security/m.test(section));
  const line = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(?!\S*-security)\S+\s+.*\bmain\b/m.exec(read("/etc/apt/sources.list"));
  return /^URIs:\s*(\S+)/m.exec(main ?? "")?.[1] ?? line?.[1];
}

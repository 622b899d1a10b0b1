// The native backend when the kernel refuses a system call, or runs out of memory or descriptors.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, type TestContext } from "vitest";
import { openFiles } from "../tools/processes.ts";
import { tested } from "./suite/code.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program, type ProgramOptions } from "./suite/program.ts";
import { commandLine } from "./suite/runtimes.ts";

const runtimes = ["node", "deno", "bun"];
const works = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: "ignore" }).status === 0;
const hasStrace = works("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=close_range", "-e", "inject=close_range:error=ENOSYS", "true");
const hasPrlimit = works("prlimit", "--version");

interface Refusal {
  readonly call: string;
  readonly error: string;
  /** The calls of a thread that fail, in the syntax of strace: "3..5" or "1+". */
  readonly when?: string;
}

/** Runs a program of test/programs, which is named without its extension, while the kernel refuses a system call to it and its children. */
function refused({ skip }: TestContext, runtime: string, file: string, refusal: Refusal, options: ProgramOptions = {}): Program {
  if (!hasStrace) skip("strace 5.3 or later is not installed, or may not trace: nothing else refuses system calls");
  const { call, error, when = "1+" } = refusal;
  const path = fileURLToPath(tested.module(`test/programs/${file}`));
  const [program, line] = commandLine(runtime, path, options.args);
  const env = { POLYPROC_BACKEND: "auto", ...options.env };
  // Shells may leave a descriptor open that is not close-on-exec.
  const leaky = ["sh", "-c", 'exec "$@" 9</etc/passwd', "sh"];
  return new Program("node", "refused.ts", { env, args: [call, error, when, "--", ...leaky, program, ...line] });
}

async function answerOf(program: Program): Promise<unknown> {
  const answer = await program.json();
  expect(await program.closed, program.stderr).toBe(0);
  expect(program.files()).toEqual([]);
  return answer;
}

/** Descriptors of a process, as "number target". */
function descriptors(pid: number): string[] {
  return [...openFiles(pid)].map(([fd, file]) => `${fd} ${file}`);
}

const target = (fd: string): string => fd.slice(fd.indexOf(" ") + 1);

describe.skipIf(!hasLibrary()).each(runtimes)("%s: what the kernel refuses", (runtime) => {
  for (const [call, error] of [
    ["memfd_create", "EPERM"],
    ["memfd_create", "ENOSYS"],
    ["pidfd_open", "EPERM"],
    ["pidfd_open", "ENOSYS"],
    ["pidfd_send_signal", "ENOSYS"],
    // Linux 5.3 has pidfd_open, and answers so to waitid for what it returns.
    ["waitid", "EINVAL"],
    ["fallocate", "EOPNOTSUPP"],
  ] as const) {
    it(`${call} (${error}): the portable backend, and the reason`, async (context) => {
      const answer = await answerOf(refused(context, runtime, "which-backend", { call, error }));
      const reason = expect.stringMatching(
        new RegExp(`^the kernel refuses .*${call}.* \\(${error.replace("EOPNOTSUPP", "(EOPNOTSUPP|ENOTSUP)")}\\)$`),
      );
      expect(answer).toEqual({ backend: "portable", reason, library: null, abi: null, works: "answered" });
    });
  }

  for (const call of ["close_range", "futex_waitv", "none at all"]) {
    it(`${call}: children have only what was declared, and waits end`, async (context) => {
      const refusal = { call: call === "none at all" ? "acct" : call, error: "ENOSYS" };
      const program = refused(context, runtime, "descriptors", refusal, { env: { POLYPROC_BACKEND: "native" } });
      const { parent, child } = (await program.json()) as { parent: number; child: number };
      const theirs = descriptors(parent);
      expect(theirs).toContain("9 /etc/passwd");
      // A runtime duplicates its stdout and stderr and opens files itself. Sockets that are meant to be shared differ in each process.
      const ours = theirs.filter((fd) => !/^[012] /.test(fd)).map(target);
      const outputs = theirs.filter((fd) => /^[12] /.test(fd)).map(target);
      const inherited = descriptors(child).filter(
        (fd) => /(socket|pipe):|\/etc/.test(fd) && ours.includes(target(fd)) && !outputs.includes(target(fd)),
      );
      expect(inherited).toEqual([]);
    });
  }
});

describe.skipIf(!hasLibrary()).each(runtimes)("%s: what there is no more of", (runtime) => {
  const env = { POLYPROC_BACKEND: "native" };

  it("memory for a queue: an error, nothing left open, and later it works", async (context) => {
    // The library's own check makes the first call, and the queue that warms up makes the second.
    const program = refused(context, runtime, "no-memory", { call: "fallocate", error: "ENOSPC", when: "3..5" }, { env });
    const said = expect.stringMatching(/can't be made: ENOSPC.*no memory left/);
    expect(await answerOf(program)).toEqual({ made: [said, said, said], put: [], size: 1, puts: 1, item: "an item", left: 0 });
  });

  it("memory for an item: an error, the item is not in, and later it is", async (context) => {
    const program = refused(context, runtime, "no-memory", { call: "fallocate", error: "ENOSPC", when: "5..6" }, { env });
    const said = expect.stringMatching(/no memory left for this item: it was not put/);
    expect(await answerOf(program)).toEqual({ made: [], put: [said, said], size: 1, puts: 1, item: "an item", left: 0 });
  });

  it("descriptors, at each point of a start: an error that says so, nothing left open, and later it works", async ({ skip }) => {
    if (!hasPrlimit) skip("prlimit is not installed");
    const program = new Program(runtime, "few-files.ts", { env });
    const { failures, ...rest } = (await answerOf(program)) as { failures: { spare: number; message: string }[] };
    expect(rest).toEqual({ leaked: 0, after: null, item: 7 });
    expect(failures.map(({ spare }) => spare)).toEqual(Array.from({ length: failures.length }, (_, i) => i));
    expect(failures.length).toBeGreaterThan(5);
    for (const { message } of failures) expect(message).toMatch(/EMFILE.* close some, or raise `ulimit -n`/);
  });
});

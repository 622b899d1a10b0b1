// Runs a command line while the kernel refuses it one system call: `refused.ts memfd_create EPERM [WHEN] -- COMMAND...`
import { spawn } from "node:child_process";
import { constants } from "node:os";

const at = process.argv.indexOf("--");
const [call = "", error = "", when = "1+"] = process.argv.slice(2, at);
const rules = ["-e", `trace=${call}`, "-e", `inject=${call}:error=${error}:when=${when}`];
const command = ["-f", "-qq", "--seccomp-bpf", "-e", "signal=none", "-o", "/dev/null", ...rules, ...process.argv.slice(at + 1)];
const child = spawn("strace", command, { stdio: "inherit" });
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));

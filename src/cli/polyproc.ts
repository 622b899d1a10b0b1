#!/usr/bin/env node
/**
 * The program behind the command `polyproc`. Deno runs it as `deno run -A jsr:@polyproc/polyproc/cli doctor`.
 *
 * @module
 */

import { agent, agentArguments } from "./agent.ts";
import { cluster, clusterArguments } from "./cluster.ts";
import { doctor } from "./doctor.ts";
import { ps, psOptions } from "./ps.ts";

const USAGE = `Usage: polyproc doctor
       polyproc ps [--watch] [--json] [PID]
       polyproc agent --servers URL[,URL] --namespace NAME --root DIR --allow PATTERN [--allow PATTERN] --slots N [OPTION VALUE]
       polyproc cluster init --namespace NAME --dir DIR
       polyproc cluster queues|hosts|doctor|dlq list|dlq retry NUMBER|dlq drop NUMBER --servers URL[,URL] --namespace NAME [--creds FILE | --nkey FILE] [--ca FILE] [--cert FILE] [--key FILE]

  doctor    shows what polyproc can do with this machine and runtime; exits with 1 if there are problems, and names them
  ps        shows this user's process trees: processes, pools, queues and locks, who waits for whom, and deadlocks
            --watch  prints anew every second
            --json   prints JSON; docs/ps.md describes it
            PID      shows only the tree of this process
  agent     runs the workers of pools on other hosts, until SIGTERM; docs/cluster.md describes it
            --root, --allow     the folder of the program, and the modules in it that may run, such as 'tasks/**'
            --slots             the number of workers
            --group             the group of agents that it belongs to
            --creds, --nkey     the file that proves who it is; --ca, --cert and --key are the files for TLS
            --lease             the milliseconds after which a silent process counts as dead; the same for the whole namespace
            --app-version       the version of the program; without it, name@version of its package.json or deno.json
            --drain-timeout     the milliseconds that tasks may take after SIGTERM
  cluster   init     writes the configuration of a NATS server, and keys for its users, into a folder
            queues   shows the queues of a namespace
            hosts    shows the agents of a namespace
            dlq      lists the tasks that were given up; runs one of them again, and removes it if it succeeds; or removes one
                     --timeout  the milliseconds that it may take to run again; without it, 10 minutes
            doctor   shows what the servers are like; exits with 1 if there is something to look at, and names it
`;

type Command = (args: readonly string[]) => Promise<number> | number | undefined;

const withoutArguments =
  (command: () => Promise<number> | number): Command =>
  (args) =>
    args.length === 0 ? command() : undefined;

const commands: Readonly<Record<string, Command>> = {
  doctor: withoutArguments(doctor),
  ps: (args) => {
    const options = psOptions(args);
    return options === undefined ? undefined : ps(options);
  },
  cluster: (args) => {
    const given = clusterArguments(args);
    return given === undefined ? undefined : cluster(given);
  },
  agent: (args) => {
    const options = agentArguments(args);
    return options === undefined ? undefined : agent(options);
  },
  help: withoutArguments(help),
  "--help": withoutArguments(help),
  "-h": withoutArguments(help),
};

function help(): number {
  process.stdout.write(USAGE);
  return 0;
}

const [name = "", ...rest] = process.argv.slice(2);
const running = Object.hasOwn(commands, name) ? commands[name]?.(rest) : undefined;
if (running === undefined) process.stderr.write(USAGE);
// 2 is the usual exit code for a wrong command line.
process.exitCode = (await running) ?? 2;

import { join, resolve } from "node:path";
import { checkClusterOptions } from "../api/cluster-options.ts";
import { newKeys } from "../backend/registry.ts";
import { fs } from "../util/lazy-modules.ts";

/** Writes the configuration of a server and the keys of its users into a new folder. Returns the exit code. */
export async function initCluster(namespace: string, dir: string): Promise<number> {
  checkClusterOptions({ servers: "none", namespace });
  const folder = resolve(dir);
  const { mkdirSync, writeFileSync } = fs();
  const [client, agent] = [await newKeys(), await newKeys()];
  mkdirSync(folder, { recursive: true });
  // What is there already may be in use, so it is not replaced.
  const write = (name: string, text: string, mode: number): void => writeFileSync(join(folder, name), text, { mode, flag: "wx" });
  write("nats.conf", configuration(namespace, client.id, agent.id), 0o644);
  write("client.nk", `${client.seed}\n`, 0o600);
  write("agent.nk", `${agent.seed}\n`, 0o600);
  console.log(`Written to ${folder}:
  nats.conf   the configuration of a server: name its certificates there, and run nats-server -c nats.conf
  client.nk   the secret of programs: connectCluster({ creds: { seed } }), with the text of this file
  agent.nk    the secret of agents and of people who look after the cluster`);
  return 0;
}

function configuration(namespace: string, client: string, agent: string): string {
  const subjects = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");
  const publish = subjects([
    `mp.${namespace}.>`,
    "$JS.API.>",
    "$JS.ACK.>",
    "$JS.FC.>",
    `$KV.MP_${namespace}_STATE.>`,
    `$O.MP_${namespace}_ITEMS.>`,
  ]);
  const subscribe = subjects([`mp.${namespace}.>`, `$KV.MP_${namespace}_STATE.>`, `_INBOX.${namespace}.>`]);
  return `# A NATS server for the namespace "${namespace}" of polyproc. docs/cluster.md of polyproc says what each permission is for.
listen: "0.0.0.0:4222"
server_name: n1
# A host that has lost power is noticed after a minute.
ping_interval: "20s"
ping_max: 2

jetstream {
  store_dir: "/var/lib/nats"
  # A put is on the disk when it is confirmed. With three servers in different places, this line may go.
  sync_interval: always
}

# Remove the comments once the files are there. Without TLS, everybody on the way can read everything.
# tls { cert_file: "server.pem", key_file: "server.key", ca_file: "ca.pem", verify: true }

accounts {
  polyproc {
    jetstream: enabled
    users: [
      # programs
      { nkey: ${client}, permissions: { publish: [${publish}], subscribe: [${subscribe}] } }
      # agents
      { nkey: ${agent}, permissions: { publish: [${publish}], subscribe: [${subscribe}] } }
    ]
  }
}
`;
}

// Is loaded before a program and before its children: its shared objects then live on the cluster, because POLYPROC_BACKEND names that.
import { connectCluster } from "../../../mod.ts";

const { POLYPROC_TEST_SERVERS: servers = "", POLYPROC_BACKEND: backend = "" } = process.env;
await connectCluster({ servers, namespace: backend.replace("cluster:", ""), lease: 5000 });

// Is loaded before a program and before its children: its shared objects then live on the cluster, because POLYPROC_BACKEND names that.
import { connectCluster, Pool } from "../../../mod.ts";
import { bindWorkers, boundWorkers } from "../../../src/pool/worker-source.ts";
import { LEASE, VERSION } from "./settings.ts";

const { POLYPROC_TEST_SERVERS: servers = "", POLYPROC_TEST_ROOT: root = "", POLYPROC_BACKEND: backend = "" } = process.env;
const namespace = backend.replace("cluster:", "");
const mp = await connectCluster({ servers, namespace, lease: LEASE, root, version: VERSION });
// The cases make pools by the class that programs import.
const workers = boundWorkers(mp.Pool);
if (workers === undefined) throw new Error("This module and the cluster have different copies of polyproc.");
bindWorkers(Pool, workers);

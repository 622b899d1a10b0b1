// The cases of the shared suite, on objects that live on a cluster. Its queues, locks and events behave like those of one machine.
import { afterAll } from "vitest";
import { defineSuite } from "../suite/suite.ts";
import { NatsServer } from "./servers/server.ts";
import { ROOT, startAgent, stopAgent } from "./suite/agent.ts";
import { NAMES, POOL_NAMES } from "./suite/reason-to-skip.ts";

const NAMESPACE = "suite";

/** All cases that a cluster has, run by one runtime. */
export async function defineSuiteOnCluster(runtime: string): Promise<void> {
  const server = await NatsServer.start();
  afterAll(() => server.stop());
  const agent = await startAgent(runtime, server.url, NAMESPACE);
  afterAll(() => stopAgent(agent));
  await defineSuite(runtime, `cluster:${NAMESPACE}`, {
    // How pools work does not depend on the runtime. pool.test.ts tries them with agents on each.
    names: runtime === "node" ? [...NAMES, ...POOL_NAMES] : NAMES,
    // The slow cases are about processes, which are those of one machine here, too.
    tier: "quick",
    setting: {
      preload: "test/cluster/suite/connect",
      env: { POLYPROC_TEST_SERVERS: server.url, POLYPROC_TEST_ROOT: ROOT },
      skipped: "test/cluster/suite/reason-to-skip",
    },
  });
}

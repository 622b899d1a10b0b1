// A worker of the package poolifier.
import { ClusterWorker, type TaskFunction } from "poolifier";
import * as tasks from "../tasks.ts";

new ClusterWorker<unknown, unknown>({ ...tasks } as unknown as Record<string, TaskFunction<unknown, unknown>>);

// A worker of the package poolifier.
import { type TaskFunction, ThreadWorker } from "poolifier";
import * as tasks from "../tasks.ts";

new ThreadWorker<unknown, unknown>({ ...tasks } as unknown as Record<string, TaskFunction<unknown, unknown>>);

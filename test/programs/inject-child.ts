// Loaded ahead of a child's first module.
import { gate } from "./inject-gate.ts";

gate("child");

// Loaded before the first module of a child.
import { waitAtGate } from "./inject-gate.ts";

waitAtGate("child");

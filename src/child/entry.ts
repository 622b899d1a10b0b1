// The first module that a child runs, unless the program is a bundle or an executable file (see freeze.ts).
import { runChild } from "./main.ts";

void runChild();

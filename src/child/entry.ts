// The first module that a child runs, unless the program is a bundle or an executable file (see freeze.ts).
import { keepCompiledCode } from "./compiled-code.ts";

keepCompiledCode();
// Everything else is imported after that call, so that its code is kept.
void import("./main.ts").then(({ runChild }) => runChild());

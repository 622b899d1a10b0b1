import { runtime } from "../runtime/current.ts";

// The types of es-module-lexer, as far as they are needed. A Deno program that checks types can't find the package's own: see `packaged`.

/** An import statement, or another place that names a module. */
export interface Import {
  readonly type: string;
  readonly specifier: string | null | undefined;
  readonly typeOnly?: boolean;
  readonly phase?: string | null;
  readonly attributes?: object | null;
  /** Where the statement begins and ends in the text. */
  readonly importStart: number;
  readonly importEnd: number;
  /** Whether parts of the specifier of an `import()` are made at run time. */
  readonly glob?: boolean;
  /** Whether an `import()` seems to stand in a type. */
  readonly probablyTypeOnly?: boolean;
}

/** An export. One without a name is an `export *`. */
export interface Export {
  readonly type: string;
  readonly name?: string;
  readonly localName?: string | undefined;
  readonly typeOnly?: boolean;
  /** Where its name ends in the text. */
  readonly end: number;
}

interface Lexer {
  init(): Promise<void>;
  parse(text: string): readonly [imports: readonly Import[], exports: readonly Export[], ...rest: unknown[]];
}

/** The versions of es-module-lexer that fit. package.json and deno.json name the same ones. */
export const LEXER_VERSIONS = "^3.0.5";

let wasm: Promise<Lexer> | undefined;
let plain: Promise<Lexer> | undefined;

/** Reads the import and export statements in the text of a module. Rejects if the text can't be parsed, or if there is no lexer. */
export async function parse(text: string): Promise<ReturnType<Lexer["parse"]>> {
  // The lexer is loaded here and not at the top, because only a search for a function needs it. It runs as WebAssembly, which needs address
  // space of its own. A process under `ulimit -v` may have none left, so then the same lexer in plain JavaScript does it, which is slower.
  try {
    wasm ??= initialized(packaged(() => import("es-module-lexer"), ""));
    return (await wasm).parse(text);
  } catch {
    plain ??= packaged(() => import("es-module-lexer/js"), "/js");
    return (await plain).parse(text);
  }
}

async function initialized(loading: Promise<Lexer>): Promise<Lexer> {
  const lexer = await loading;
  await lexer.init();
  return lexer;
}

// A Deno program that imports this package by a path or a URL has an import map of its own, which does not name the lexer. In what JSR serves,
// the names in these imports are those of the packages.
async function packaged(load: () => Promise<unknown>, path: string): Promise<Lexer> {
  try {
    return (await load()) as Lexer;
  } catch (error) {
    const specifier = runtime.packageSpecifier("es-module-lexer", LEXER_VERSIONS);
    if (specifier === undefined) throw error;
    return (await import(specifier + path)) as Lexer;
  }
}

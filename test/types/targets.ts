// The targets of the other files.
export declare function add(a: number, b: number): Promise<string>;
export declare function double(x: number): number;
export declare function choose(kind: "a" | "b", pair: [number, string]): void;
export declare function optional(a: number, b?: string): boolean;
export declare function none(): 5;
export declare function sum(...numbers: number[]): number;
export declare function configure(name: string, options: { verbose: boolean }): void;
export declare function mayConfigure(name: string, options?: { verbose: boolean }): void;
export declare function first<T>(items: T[]): T;
export declare function lines(path: string): AsyncGenerator<string>;

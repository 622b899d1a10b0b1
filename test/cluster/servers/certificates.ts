import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Files for TLS in which both sides prove who they are. */
export interface Certificates {
  readonly authority: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes certificates for a server at an address, and for a client, in a folder. It needs the program openssl. */
export function makeCertificates(folder: string, address = "127.0.0.1"): Certificates {
  const authority = make(folder, "authority", []);
  const signed = ["-CA", authority.cert, "-CAkey", authority.key, "-addext", "basicConstraints=CA:FALSE"];
  return {
    authority: authority.cert,
    // The clients check the name "localhost" where a URL has an IP address.
    server: make(folder, "server", [...signed, "-addext", `subjectAltName=IP:${address},DNS:localhost`]),
    client: make(folder, "client", signed),
  };
}

function make(folder: string, name: string, args: readonly string[]): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
  execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  return { cert, key };
}

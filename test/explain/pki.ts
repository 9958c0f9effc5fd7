import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate with its key, each a file. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What a cell's server and client can show. */
export interface Pki {
  /** The CA that servers trust, and the one that clients trust. */
  readonly ca: string;
  readonly client: Readonly<
    Record<
      | "good"
      | "expired"
      | "notYetValid"
      | "selfSigned"
      | "lacksIntermediate"
      | "wrongUsage"
      | "otherCa"
      | "sha1"
      | "rsa1024",
      Pair
    >
  >;
  readonly server: Readonly<Record<"good" | "expired" | "otherName" | "otherCa", Pair>>;
}

interface Issue {
  readonly subject: string;
  readonly by: Pair | "itself";
  readonly key?: "ec" | "rsa:2048" | "rsa:1024";
  readonly digest?: "sha256" | "sha1";
  /** Of OpenSSL's configuration. */
  readonly extensions: readonly string[];
  /** As `openssl ca` takes them; else from yesterday for a month. */
  readonly dates?: readonly [string, string];
}

const CA = [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign",
  "subjectKeyIdentifier=hash",
];
const LEAF = ["basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature"];
const CLIENT = [...LEAF, "extendedKeyUsage=clientAuth"];
const SERVER = [...LEAF, "extendedKeyUsage=serverAuth", "subjectAltName=DNS:localhost"];

/** Makes all of them in a folder, by OpenSSL. */
export function createPki(folder: string): Pki {
  const authority = new Authority(folder);
  const ca = authority.issue({ subject: "/O=Lab/CN=Lab Root", by: "itself", extensions: CA });
  const other = authority.issue({ subject: "/O=Elsewhere/CN=Elsewhere Root", by: "itself", extensions: CA });
  const intermediate = authority.issue({ subject: "/O=Lab/CN=Lab Issuing", by: ca, extensions: CA });
  const client = (name: string, over: Partial<Issue> = {}): Pair =>
    authority.issue({ subject: `/O=Lab/CN=${name}`, by: ca, extensions: CLIENT, ...over });
  const server = (name: string, over: Partial<Issue> = {}): Pair =>
    authority.issue({ subject: `/CN=${name}`, by: ca, extensions: SERVER, ...over });
  const past = ["20240101000000Z", "20240201000000Z"] as const;
  const future = ["20900101000000Z", "20910101000000Z"] as const;
  return {
    ca: ca.cert,
    client: {
      good: client("good"),
      expired: client("expired", { dates: past }),
      notYetValid: client("early", { dates: future }),
      selfSigned: client("alone", { by: "itself" }),
      lacksIntermediate: client("below", { by: intermediate }),
      wrongUsage: client("usage", { extensions: [...LEAF, "extendedKeyUsage=serverAuth"] }),
      otherCa: client("elsewhere", { by: other }),
      sha1: client("sha1", { digest: "sha1" }),
      rsa1024: client("weak", { key: "rsa:1024" }),
    },
    server: {
      good: server("localhost"),
      expired: server("localhost", { dates: past }),
      otherName: server("other.example", {
        extensions: [...LEAF, "extendedKeyUsage=serverAuth", "subjectAltName=DNS:other.example"],
      }),
      otherCa: server("localhost", { by: other }),
    },
  };
}

/** `openssl ca`, for `openssl x509` of OpenSSL 3.0 knows no dates. */
class Authority {
  readonly #folder: string;
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, "issued"), { recursive: true });
    writeFileSync(join(folder, "index.txt"), "");
    writeFileSync(join(folder, "index.txt.attr"), "unique_subject = no\n");
    writeFileSync(join(folder, "serial"), "1001\n");
  }

  issue({ subject, by, key: type = "ec", digest = "sha256", extensions, dates }: Issue): Pair {
    this.#made += 1;
    const at = (suffix: string): string => join(this.#folder, `${this.#made}.${suffix}`);
    const [key, request, config, cert] = [at("key"), at("csr"), at("cnf"), at("crt")];
    const generated = type === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : [type];
    openssl(
      "req",
      "-new",
      "-newkey",
      ...generated,
      "-nodes",
      "-subj",
      subject,
      "-keyout",
      key,
      "-out",
      request,
    );
    const folder = this.#folder;
    writeFileSync(
      config,
      `[ca]\ndefault_ca=c\n[c]\ndatabase=${folder}/index.txt\nserial=${folder}/serial\nnew_certs_dir=${folder}/issued\n` +
        `default_md=${digest}\npolicy=p\nunique_subject=no\n[p]\nO=optional\nCN=supplied\n[x]\n${extensions.join("\n")}\n`,
    );
    const day = 24 * 3600 * 1000;
    const [from, to] = dates ?? [zulu(Date.now() - day), zulu(Date.now() + 30 * day)];
    const issuer = by === "itself" ? ["-selfsign", "-keyfile", key] : ["-cert", by.cert, "-keyfile", by.key];
    openssl(
      "ca",
      "-batch",
      "-notext",
      "-preserveDN",
      "-config",
      config,
      "-extensions",
      "x",
      "-in",
      request,
      "-startdate",
      from,
      "-enddate",
      to,
      "-out",
      cert,
      ...issuer,
    );
    return { cert, key };
  }
}

function zulu(at: number): string {
  return `${new Date(at).toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`;
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

import { ownPinsOf } from "../../admission/own-pins.ts";
import type { AuthorizerSecrets } from "../../authorizer/authorizer.ts";
import { readTextFile } from "../../client/identities/text-file.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import { certificatesFromPem } from "../../x509/certificate-description.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import { readPassphrase } from "../command-line/passphrase-file.ts";

const FEWEST_CHARACTERS = 16;

/** What an authorizer has of its files, as they are now. Throws ERR_HANDCLASP_CONFIG. */
export function readSecrets({ secretFile, serverCert }: AuthorizerFiles): AuthorizerSecrets {
  return {
    secret: secretFile === undefined ? undefined : readSecret(secretFile),
    ownPins: serverCert === undefined ? [] : readPins(serverCert),
  };
}

type AuthorizerFiles = Pick<AuthorizerConfig, "secretFile" | "serverCert">;

/** Where that stands. */
export function filesOfSecrets({ secretFile, serverCert }: AuthorizerFiles): readonly string[] {
  return [secretFile, serverCert].flatMap((file) => file ?? []);
}

function readSecret(file: string): string {
  const secret = reading(file, () => readPassphrase(file));
  if (/^[!-~]+$/.test(secret) && secret.length >= FEWEST_CHARACTERS) return secret;
  const problem = `its first line is no secret of at least ${FEWEST_CHARACTERS} characters of ASCII`;
  throw new HandclaspError("ERR_HANDCLASP_CONFIG", `cannot use ${file}: ${problem}`, {
    hint: "openssl rand -hex 32 makes one",
  });
}

/** Of several certificates the first is the server's own. */
function readPins(file: string): readonly KeyPin[] {
  return reading(file, () => {
    const [own] = certificatesFromPem(readTextFile(file));
    return own === undefined ? [] : ownPinsOf(own);
  });
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new HandclaspError("ERR_HANDCLASP_CONFIG", `cannot use ${file}: ${reasonOf(cause)}`, { cause });
  }
}

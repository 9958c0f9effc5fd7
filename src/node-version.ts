import { HandclaspError } from "./errors.ts";

/** As in `engines` of package.json. */
const OLDEST = { major: 24, minor: 2 };

/** Throws ERR_HANDCLASP_NODE for a version of Node that lacks what this package is made of: `20.20.2`. */
export function mustBeNewEnough(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new HandclaspError("ERR_HANDCLASP_NODE", tooOld(version), {
    hint: "install a newer one from https://nodejs.org, or start the program with it",
    details: { version },
  });
}

/** That a version is too old, as it is said. */
export function tooOld(version: string): string {
  return `handclasp needs Node ${OLDEST.major}.${OLDEST.minor} or newer; this is v${version}`;
}

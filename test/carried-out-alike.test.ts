import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, it } from "node:test";

const SRC = resolve(import.meta.dirname, "../src");

/** What Unicode's version, the locale, the clock or chance decide. */
const DEPENDS_ON_RUNTIME =
  /\b(?:toPeerName|nameKey|nameKeysOf|escapeText|parseKeyReference)\(|\.normalize\(|\.toLocale|\blocaleCompare|\bIntl\.|\\p\{|\bDate\.now|\bnew Date\(\)|\bMath\.random|\brandom(?:Bytes|UUID)/g;
/** What carries changes out besides `changes/`. */
const CARRIED_OUT_BY: ReadonlySet<string> = new Set([
  "trust/naming/resolve-keys.ts",
  "trust/naming/holder-of.ts",
  "trust/naming/folded-name.ts",
  "trust/judging/put-back.ts",
  "store/log/prepared-shape.ts",
  "store/log/settled-change.ts",
  "store/log/shape.ts",
  "store/sqlite/tables/journaled-tables.ts",
  "store/sqlite/tables/logged-tables.ts",
  "store/sqlite/tables/settling-tables.ts",
  "store/sqlite/tables/sqlite-tables.ts",
  "store/sqlite/tables/token-rows.ts",
]);
/** What of the files that depend on it does not: `foldInEvent` folds of what former versions wrote only what all fold alike. */
const INDEPENDENT: ReadonlySet<string> = new Set([
  "foldInEvent",
  "NEVER",
  "isLapsed",
  "keyIdBeginsWith",
  "mistyped",
  "keyIdAsName",
  "lastChange",
  "mayRotate",
  "searchedText",
  "standingBefore",
  "toKeyId",
]);
const LOOKS_AT_CERTIFICATES =
  /\bkeysByFingerprint\b|\blistCertificates\b|[{,]\s*fingerprint\s*[,}]|\b(?!certificate\b)\w+\??\.fingerprint\b/g;
/** Node 24.2 binds no value to a place with a number. */
const NUMBERED_PLACE = /(?<=[\s(,<=>])\?\d/;

interface Source {
  /** From src. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const SOURCES: readonly Source[] = globSync("**/*.ts", { cwd: SRC }).map((path) => {
  const text = readFileSync(join(SRC, path), "utf8");
  return {
    path,
    text,
    imports: Array.from(text.matchAll(/^import (?!type\b)[^;]*? from "([^"]+)"/gm), ([, from = ""]) => from),
  };
});

function targetFrom(path: string, specifier: string): string {
  return relative(SRC, resolve(SRC, dirname(path), specifier));
}

describe("what machines carry out alike", () => {
  // Replicas of one log carry out the same changes on other machines, with other clocks and other versions of Unicode.
  it("has changes carried out by what they and the rows say alone", () => {
    const carriedOut = SOURCES.filter(
      ({ path }) =>
        path.startsWith("trust/changes/") ||
        path.startsWith("store/sqlite/digest/") ||
        CARRIED_OUT_BY.has(path),
    );
    const dependent = new Set(
      SOURCES.filter(({ text }) => text.match(DEPENDS_ON_RUNTIME) !== null).map(({ path }) => path),
    );
    assert.ok(carriedOut.length > 15);
    const wrong = carriedOut.flatMap(({ path, imports, text }) => [
      ...imports
        .filter((name) => /\/(?:peer-name|key-reference|prepare-change)\.ts$/.test(name))
        .map((name) => `${path} imports ${name}: names are prepared before`),
      ...Array.from(text.matchAll(DEPENDS_ON_RUNTIME), ([what]) => `${path}: ${what.trim()}`),
      ...Array.from(text.matchAll(/^import \{([^}]*)\} from "([^"]+)"/gm), ([, names = "", from = ""]) =>
        dependent.has(targetFrom(path, from))
          ? names
              .split(",")
              .map((name) => name.trim())
              .filter((name) => name !== "" && !name.startsWith("type ") && !INDEPENDENT.has(name))
              .map((name) => `${path} imports ${name}`)
          : [],
      ).flat(),
    ]);
    assert.deepEqual(wrong, []);
  });

  // Which certificates of a key are kept, and which is the newest, is each machine's own.
  it("has no change look at certificates that it does not bring", () => {
    const wrong = SOURCES.filter(({ path }) => path.startsWith("trust/changes/")).flatMap(({ path, text }) =>
      Array.from(text.matchAll(LOOKS_AT_CERTIFICATES), ([what]) => `${path}: ${what.trim()}`),
    );
    // Where no change of the log brings it, `LoggedTables` leaves it out.
    assert.deepEqual(wrong, ["trust/changes/approve.ts: key.fingerprint"]);
    const lookingUp = SOURCES.filter(({ text }) => text.includes(".keysByFingerprint(")).map(
      ({ path }) => path,
    );
    assert.deepEqual(lookingUp.toSorted(), [
      "store/sqlite/tables/settling-tables.ts",
      "trust/naming/resolve-keys.ts",
    ]);
  });

  it("numbers no place in a statement, to which the oldest Node binds nothing", () => {
    const wrong = SOURCES.filter(({ path, text }) => path.startsWith("store/") && NUMBERED_PLACE.test(text));
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });
});

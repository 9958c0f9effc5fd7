import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, hash, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { extensionExamples, toListing } from "../../scripts/extension-example.ts";
import { certificatesFromPem } from "../../src/x509/certificate-description.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { readEndorsement } from "../../src/x509/endorsement.ts";
import { readJoinProof } from "../../src/x509/join-proof.ts";
import { ENDORSEMENT, JOIN_PROOF } from "../../src/x509/parts/private-extensions.ts";
import { identity } from "../guard/support/identities.ts";
import { greeted, office, refused } from "../guard/support/trusted-client.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/reference/extensions.md"), "utf8");
const { joinProof, endorsement } = extensionExamples();

function bytes(digits: string | undefined): Buffer {
  assert.ok(digits);
  return Buffer.from(digits, "hex");
}

function isSigned(spki: Buffer, { signed, signature }: Readonly<Record<string, string>>): boolean {
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return verify(null, bytes(signed), key, bytes(signature));
}

/** As the page says that a UUID becomes an OID. */
function toOid(uuid: string): string {
  const chunks = /^(.{4})(.{4})-(.{4})-(.{4})-(.{4})-(.{6})(.{6})$/.exec(uuid)?.slice(1) ?? [];
  return ["1.2.840.113556.1.8000.2554", ...chunks.map((chunk) => Number.parseInt(chunk, 16))].join(".");
}

describe("the page about extensions", () => {
  it("has the worked examples as the script makes them", () => {
    assert.ok(PAGE.includes(`\`\`\`text\n${toListing(joinProof)}\n\`\`\``));
    assert.ok(PAGE.includes(`\`\`\`text\n${toListing(endorsement)}\n\`\`\``));
  });

  it("has the OIDs as they are written and as OpenSSL reads them", () => {
    for (const [{ oid, content }, example] of [
      [JOIN_PROOF, joinProof],
      [ENDORSEMENT, endorsement],
    ] as const) {
      const digits = Buffer.from(content).toString("hex");
      assert.match(PAGE, new RegExp(`\\| \`${oid}\` \\| \`${digits}\` \\|`));
      const uuid = [...PAGE.matchAll(/`([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`/g)];
      assert.ok(uuid.some(([, text = ""]) => toOid(text) === oid));
      const read = execFileSync("openssl", ["asn1parse", "-inform", "der"], {
        input: bytes(example["extension"]),
        encoding: "utf8",
      });
      assert.ok(read.includes(`OBJECT            :${oid}`), read);
    }
  });

  it("says what is signed: the example of a join proof, put together by hand", () => {
    const signed = Buffer.concat([
      Buffer.from("handclasp join v1"),
      bytes(joinProof["token id"]),
      bytes(joinProof["server pin"]),
      bytes(joinProof["client SPKI"]),
    ]);
    assert.equal(signed.toString("hex"), joinProof["signed"]);
    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${joinProof["token seed"]}`, "hex");
    const tokenKey = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
    assert.ok(isSigned(tokenKey.export({ type: "spki", format: "der" }), joinProof));
    const read = readJoinProof({ joinProof: bytes(joinProof["extnValue"]) });
    assert.equal(Buffer.from(read?.tokenId ?? []).toString("hex"), joinProof["token id"]);
    assert.equal(Buffer.from(read?.signature ?? []).toString("hex"), joinProof["signature"]);
    assert.ok(joinProof["extension"]?.endsWith(joinProof["extnValue"] ?? "?"));
  });

  it("says what is signed: the example of an endorsement, put together by hand", () => {
    const [old, next] = [bytes(endorsement["old SPKI"]), bytes(endorsement["new SPKI"])];
    const signed = Buffer.concat([
      Buffer.from("handclasp endorse v1"),
      old,
      next,
      bytes(endorsement["issued at"]),
    ]);
    assert.equal(signed.toString("hex"), endorsement["signed"]);
    assert.ok(isSigned(old, endorsement));
    const value = bytes(endorsement["extnValue"]);
    const [link, ...others] = readEndorsement({ endorsement: value, spki: next });
    assert.deepEqual(others, []);
    assert.equal(link?.oldPin, `sha256:${hash("sha256", old, "base64")}`);
    assert.equal(link.issuedAt, Number(`0x${endorsement["issued at"]}`));
    assert.equal(link.verify(), true);
    assert.ok(endorsement["extension"]?.endsWith(endorsement["extnValue"] ?? "?"));
  });

  it("has a program that rotates without us, and a server follows", async () => {
    const program = /```python\n(.*?)```/s.exec(PAGE)?.[1];
    assert.ok(program);
    for (const type of ["p256", "rsa"] as const) {
      await using scene = await office();
      const old = await identity("bert", { type });
      await scene.operator.import(old.facts);
      const folder = temporaryFolder();
      writeFileSync(join(folder, "old.key"), old.key);
      writeFileSync(join(folder, "old.pem"), old.cert);
      execFileSync("python3", ["-c", program, "bert"], { cwd: folder, stdio: "pipe" });
      const [key, cert] = ["new.key", "new.pem"].map((file) => readFileSync(join(folder, file), "utf8"));
      const [der] = certificatesFromPem(cert ?? "");
      assert.ok(key && cert && der);
      await greeted(scene, { key, cert, facts: readCertificate(der) });
      await refused(scene, old, 44);
    }
  });
});

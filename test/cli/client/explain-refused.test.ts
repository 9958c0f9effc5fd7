import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainRefused } from "../../../src/cli/client/explain-refused.ts";
import { HandclaspError, isHandclaspError } from "../../../src/errors.ts";
import { showing } from "../../client/support/listening.ts";

describe("what a refused client is told", () => {
  const refused = new HandclaspError("ERR_HANDCLASP_REFUSED", "refused", { details: { alertCode: 48 } });

  for (const label of ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]) {
    it(`is that it was refused, and why, whatever its certificate's block of PEM is called (${label})`, async () => {
      const { identity } = await showing("ada");
      assert.ok(identity);
      const certificate = identity.certificate.replaceAll(" CERTIFICATE-", ` ${label}-`);
      const told = explainRefused(refused, {
        certificate,
        isFromFile: false,
        isHandclasp: false,
        now: Date.now(),
      });
      assert.ok(isHandclaspError(told, "ERR_HANDCLASP_REFUSED"));
      assert.match(told.hint ?? "", /certificate is self-signed/);
    });
  }
});

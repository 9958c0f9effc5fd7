import type { VNode } from "preact";
import type { KeyDetail } from "../../client/shapes.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Time } from "../../parts/time.tsx";
import { Row } from "./key-card.tsx";

type Certificate = KeyDetail["certificates"][number];

/** Certificates that the key was shown with, the newest first. */
export function Certificates({ certificates }: { readonly certificates: readonly Certificate[] }): VNode {
  return (
    <section class="card" aria-labelledby="certificates">
      <h2 id="certificates">
        {certificates.length === 1 ? "Certificate" : `Certificates (${certificates.length})`}
      </h2>
      {certificates.length === 0 && <p class="dim">None was kept.</p>}
      {certificates.map((certificate) => (
        <OneCertificate key={certificate.fingerprint} {...certificate} />
      ))}
    </section>
  );
}

function OneCertificate(certificate: Certificate): VNode {
  const { subject, keyType, notBefore, notAfter, fingerprint, serialNumber, subjectAltNames } = certificate;
  return (
    <div class="certificate">
      <dl class="fact-rows">
        <Row name="Subject">
          <bdi>{subject ?? "cannot be read"}</bdi>
        </Row>
        {subjectAltNames !== null && subjectAltNames.length > 0 && (
          <Row name="Names">
            <bdi>{subjectAltNames.join(", ")}</bdi>
          </Row>
        )}
        {keyType !== null && <Row name="Kind">{keyType}</Row>}
        {notAfter !== null && (
          <Row name="Ends">
            <Time at={notAfter} />{" "}
            <span class="dim">
              (from <Time at={notBefore} as="day" />)
            </span>
          </Row>
        )}
        {serialNumber !== null && (
          <Row name="Serial">
            <code>{serialNumber}</code>
          </Row>
        )}
        <Row name="SHA-256">
          <span class="copied">
            <code class="key-id">{fingerprint}</code>
            <CopyButton text={fingerprint} what="fingerprint" />
          </span>
        </Row>
      </dl>
    </div>
  );
}

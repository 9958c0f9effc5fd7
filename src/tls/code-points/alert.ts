import { CONTENT_TYPE } from "./content-type.ts";

/** RFC 8446 §6 and the IANA registry of TLS alerts, retired ones too. */
export const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  too_many_cids_requested: 52,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
  ech_required: 121,
} as const;

export type AlertName = keyof typeof ALERTS;

const FATAL = 2;

/** The two bytes of a fatal alert: level, description. RFC 8446 §6. */
export function encodeFatalAlert(name: AlertName): Uint8Array {
  return Uint8Array.of(FATAL, ALERTS[name]);
}

/** A fatal alert as a record in the clear, as it is sent until keys are in use. RFC 5246 §6.2.1, §7.2. */
export function encodePlaintextAlert(name: AlertName): Uint8Array {
  return Uint8Array.of(CONTENT_TYPE.alert, 0x03, 0x03, 0x00, 0x02, ...encodeFatalAlert(name));
}

/** Alerts with which a side judges the certificate that it was shown, or misses one. RFC 8446 §6.2. */
export const CERTIFICATE_ALERTS: readonly number[] = [
  ALERTS.bad_certificate,
  ALERTS.unsupported_certificate,
  ALERTS.certificate_revoked,
  ALERTS.certificate_expired,
  ALERTS.certificate_unknown,
  ALERTS.unknown_ca,
  ALERTS.access_denied,
  ALERTS.certificate_required,
];

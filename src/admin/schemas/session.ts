import * as v from "valibot";
import { type Scope, SCOPES } from "../../trust/records/scope.ts";

/** Who one is here; and, for nobody, why, and how that can be changed. */
export interface SessionJson {
  readonly operator: OperatorJson | null;
  /** What is wrong with the certificate that was shown; null when there is nothing, or none was shown. */
  readonly refusal: RefusalJson | null;
  /** Ways to sign in here. */
  readonly signIn: readonly SignInWay[];
  /** Command lines for whoever runs the server, which let one in. */
  readonly commands: readonly string[];
}

export interface OperatorJson {
  readonly name: string | null;
  readonly scope: Scope;
  readonly via: "certificate" | "link" | "bearer";
  readonly keyId: string | null;
}

export interface RefusalJson {
  readonly reason: string;
  readonly keyId: string | null;
  readonly peer: string | null;
}

export type SignInWay = "certificate" | "link" | "bearer";

/** What signs in: the secret of a one-use link, or an API token. */
export interface SignInBody {
  readonly link?: string;
  readonly bearer?: string;
}

/** On loopback the secret, for `Authorization`; over TLS null, since it is a cookie. */
export interface SignedInJson {
  readonly secret: string | null;
}

const text = v.nullable(v.string());

export const sessionJson: v.GenericSchema<SessionJson> = v.strictObject({
  operator: v.nullable(
    v.strictObject({
      name: text,
      scope: v.picklist(SCOPES),
      via: v.picklist(["certificate", "link", "bearer"]),
      keyId: text,
    }),
  ),
  refusal: v.nullable(v.strictObject({ reason: v.string(), keyId: text, peer: text })),
  signIn: v.array(v.picklist(["certificate", "link", "bearer"])),
  commands: v.array(v.string()),
});

const secret = v.pipe(v.string(), v.maxLength(200));

export const signInBody: v.GenericSchema<SignInBody> = v.union([
  v.strictObject({ link: secret }),
  v.strictObject({ bearer: secret }),
]);

export const signedInJson: v.GenericSchema<SignedInJson> = v.strictObject({ secret: text });

/** A body that says nothing. */
export type NoBody = Readonly<Record<string, never>>;

export const noBody: v.GenericSchema<NoBody> = v.strictObject({});

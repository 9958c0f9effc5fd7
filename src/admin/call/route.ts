import type { GenericSchema, InferOutput } from "valibot";
import type { Scope } from "../../trust/records/scope.ts";
import type { Caller, Identified } from "./caller.ts";

/** What stands in a path, by name. */
type Params = Readonly<Record<string, string>>;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** A request that passed all that stands before its route. */
export interface Call<Body = unknown, Query = unknown, Subject = unknown> {
  readonly caller: Caller;
  readonly body: Body;
  readonly query: Query;
  /** What the path names. */
  readonly subject: Subject;
  /** The version that `If-Match` gives; 0 where none is needed. */
  readonly version: number;
  readonly asked: Asked;
}

/** What a route may know of the request itself. */
export interface Asked {
  readonly request: Request;
  /** `https://HOST`, as the client called us. */
  readonly origin: string;
  /** What the connection says of who is there. */
  readonly identified: Identified;
  readonly caller: Caller | null;
  /** Of its session, where it has one. */
  readonly secret: string | null;
  /** Whether who asked would still be let in. */
  readonly isWelcome: () => boolean;
}

/** What goes back. */
export interface Answer {
  readonly body: unknown;
  readonly status?: 200 | 201;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route, as data: the server, OpenAPI, the reference page and tests are made of it. */
export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/v1/keys/{keyId}`. */
  readonly path: string;
  readonly summary: string;
  /** What is needed; `anybody` needs no signing in. */
  readonly scope: Scope | "anybody";
  readonly query: GenericSchema | undefined;
  readonly body: GenericSchema | undefined;
  readonly answer: GenericSchema | undefined;
  /** Whether `If-Match` has to give the version that was looked at, of what the path names. */
  readonly needsVersion: (subject: unknown) => boolean;
  /** Whether there can be a need for it. */
  readonly isVersioned: boolean;
  readonly find: ((params: Params, caller: Caller) => unknown) | undefined;
  readonly handle: (call: Call) => Promise<Answer | Response> | Answer | Response;
}

interface RouteSpec<Body extends GenericSchema, Query extends GenericSchema, Subject> {
  readonly summary: string;
  readonly scope: Scope | "anybody";
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: GenericSchema;
  /** Default never. */
  readonly needsVersion?: (subject: NonNullable<Subject>) => boolean;
  /** What the path names; undefined when there is no such thing. */
  readonly find?: (params: Params, caller: Caller) => Subject | Promise<Subject>;
  readonly handle: (
    call: Call<InferOutput<Body>, InferOutput<Query>, NonNullable<Subject>>,
  ) => Promise<Answer | Response> | Answer | Response;
}

/** Puts a route down, with the types that its schemas have. */
export function route<
  Body extends GenericSchema = GenericSchema,
  Query extends GenericSchema = GenericSchema,
  Subject = undefined,
>(method: Method, path: string, spec: RouteSpec<Body, Query, Subject>): Route {
  const { summary, scope, query, body, answer, needsVersion = never, find } = spec;
  const handle = spec.handle as Route["handle"];
  const needs = needsVersion as Route["needsVersion"];
  const isVersioned = needsVersion !== never;
  return {
    method,
    path,
    summary,
    scope,
    query,
    body,
    answer,
    needsVersion: needs,
    isVersioned,
    find,
    handle,
  };
}

/** Of what is there in one version, or of which the version says nothing. */
function never(): boolean {
  return false;
}

/** Of what may be another one by the time that somebody decides about it. */
export function always(): boolean {
  return true;
}

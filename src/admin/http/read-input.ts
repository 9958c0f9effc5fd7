import { type BaseIssue, type GenericSchema, getDotPath, safeParse } from "valibot";
import { Problem } from "../call/problem.ts";

/** Reads a body by its schema. Throws 422 and says where it is wrong. */
export function readInput(
  schema: GenericSchema | undefined,
  value: unknown,
  part: "field" | "parameter" = "field",
): unknown {
  if (schema === undefined) return undefined;
  const result = safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = getDotPath(issue)?.split(".") ?? [];
  throw new Problem(422, {
    code: "invalid",
    detail: problemWith(issue, part),
    hint: "GET /v1/openapi.json describes what each route takes",
    pointer: path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
  });
}

function problemWith({ expected, received, type, message }: BaseIssue<unknown>, part: string): string {
  if (expected === "never") return `there is no such ${part}`;
  if (received === "undefined") return `this ${part} is missing`;
  return type === "union" ? "its fields are none that go together here" : message;
}

/** Reads a query by its schema; a name that is there twice is wrong, too. */
export function readQuery(schema: GenericSchema | undefined, params: URLSearchParams): unknown {
  const value: Record<string, string> = {};
  for (const [name, text] of params) {
    const isTwice = Object.hasOwn(value, name);
    if (schema === undefined || isTwice || name in Object.prototype) {
      throw new Problem(422, {
        code: "invalid",
        detail: isTwice ? "a parameter is there twice" : "there is no such parameter",
        pointer: `/${name.slice(0, 100)}`,
      });
    }
    value[name] = text;
  }
  return readInput(schema, value, "parameter");
}

/** JSON Schema of draft 2020-12, as OpenAPI 3.1 has it, so far as it is made here. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

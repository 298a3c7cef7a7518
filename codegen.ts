/**
 * Types for the operations of our own clients. What it writes is committed and current: `graphql-codegen --config codegen.ts --check`
 * exits with 1 where it is not.
 */
import type { CodegenConfig } from '@graphql-codegen/cli';

/** The operations in `documents`, typed. They are strings at run time, so that a client needs no parser. */
function client(...documents: string[]): CodegenConfig['generates'][string] {
  return {
    preset: 'client',
    presetConfig: { fragmentMasking: false },
    documents,
    config: {
      documentMode: 'string',
      enumType: 'string-literal',
      useTypeImports: true,
      strictScalars: true,
      scalars: {
        Bytes: 'number',
        DateTime: 'string',
        EventCursor: 'string',
        ID: 'string',
        JSON: 'unknown',
        Integer: 'number',
        Milliseconds: 'number',
        Vector: 'readonly number[]',
      },
    },
  };
}

const config: CodegenConfig = {
  schema: 'schema.graphql',
  importExtension: '.ts',
  emitLegacyCommonJSImports: false,
  ignoreNoDocuments: true,
  generates: {
    'examples/generated/': client('examples/*.ts'),
    'src/dashboard/generated/': client('src/dashboard/documents/*.graphql'),
    'src/client/generated/': client('src/cli/**/*.ts', 'src/client/*.ts'),
  },
};

export default config;

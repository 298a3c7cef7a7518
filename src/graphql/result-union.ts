/**
 * The result of a mutation: its payload, or one of the errors that its caller can act on. Those are thrown like any other
 * error, by whoever finds them, and become values here; what is not a member propagates and is masked by the server.
 */
import type { ObjectRef } from '@pothos/core';
import type { VramkeeperError } from '../domain/errors.ts';
import { builder, type Types } from './builder.ts';

type TypeRef<Shape> = ObjectRef<Types, Shape>;

/** What an error holds, as a plain object: graphql-js takes an `Error` that a resolver returns for one that it throws. */
export type Refusal<E extends VramkeeperError = VramkeeperError> = Omit<E, 'name' | 'stack' | 'cause'>;

/** The class of an error and the object type that stands for it. */
export interface ErrorMember {
  /** Of every error of the class, and of no other class. */
  readonly code: string;
  readonly errorClass: new (...args: never[]) => VramkeeperError;
  readonly ref: TypeRef<Refusal>;
}

export function resultUnion<Payload extends object>(
  name: string,
  payload: TypeRef<Payload>,
  errors: readonly ErrorMember[],
) {
  const ref = builder.unionType(name, {
    types: [payload, ...errors.map((error) => error.ref)],
    resolveType: (value) => {
      const code = 'code' in value ? value.code : null;
      return errors.find((error) => error.code === code)?.ref ?? payload;
    },
  });
  return {
    ref,
    /** Runs `work`; a member that it throws is its result. */
    async settle(work: () => Promise<Payload>): Promise<Payload | Refusal> {
      try {
        return await work();
      } catch (error) {
        const member = errors.find(({ errorClass }) => error instanceof errorClass);
        if (!member) throw error;
        const expected = error as VramkeeperError;
        return { ...expected, message: expected.message };
      }
    },
  };
}

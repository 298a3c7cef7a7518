/**
 * GraphQL quotes in its errors what it cannot take, and what it cannot take may be a prompt. The texts of graphql-js (execution/values,
 * validation/rules/ValuesOfCorrectType, type/scalars) keep the place and the rule, and lose the value.
 */

/** A value may hold anything, also what looks like the end of it: the last place counts, and only a rule that is known is kept. */
const PLACED = /^(Variable "\$\w+" got invalid value) [\s\S]* at "([\w.[\]]+)"; ([\s\S]*)$/;
const WHOLE = /^(Variable "\$\w+" got invalid value) [\s\S]*; ([^;]*)$/;
/** As graphql-js itself has it. */
const HAS = /^(Variable "\$\w+" has invalid value(?: at [\w.[\]]+)?): ([\s\S]*)$/;
const RULES = /^(Expected |\w+ cannot represent |Value |\w+ takes |\w+ has |Exactly |Field )/;
/** From here on there is nothing but the value. */
const QUOTED = /((?:found|value|identifier|Found)): [\s\S]*$/;
const ENUM_VALUE = /^(Value) [\s\S]*( does not exist in "\w+" enum\.)[\s\S]*$/;
/** Of our own scalars. */
const NOT_VALUE = /, not [\s\S]*$/;
/** In a text that is no GraphQL. */
const TOKEN = /\b(String|BlockString) "[\s\S]*"\.?$/;

export function withoutValues(message: string): string {
  const placed = PLACED.exec(message);
  if (placed) return `${placed[1]} at "${placed[2]}"; ${ruleOf(placed[3] ?? '')}`;
  const whole = WHOLE.exec(message);
  if (whole) return `${whole[1]}; ${ruleOf(whole[2] ?? '')}`;
  const has = HAS.exec(message);
  if (has) return `${has[1]}: ${ruleOf(has[2] ?? '')}`;
  return message.startsWith('Syntax Error') ? message.replace(TOKEN, '$1.') : withoutQuoted(message);
}

function ruleOf(text: string): string {
  return RULES.test(text) ? withoutQuoted(text) : 'It is not of the type that is wanted.';
}

function withoutQuoted(text: string): string {
  if (ENUM_VALUE.test(text)) return text.replace(ENUM_VALUE, '$1$2');
  if (!/ cannot represent |^Expected value|^\w+ takes /.test(text)) return text;
  return text.replace(QUOTED, '$1 of another type.').replace(NOT_VALUE, '.');
}

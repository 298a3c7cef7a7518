/** Which subscriptions are answered alike: what they select, with which variables, and what they may see. */
import { type DocumentNode, type OperationDefinitionNode, print, visit } from 'graphql';
import { onlyClient, type Principal } from '../../domain/principal.ts';

/** Where a stream starts, and nothing of what it says. Readers that come back at different places share the rest. */
const START_ARGUMENT = 'after';

export function selectionKey(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  principal: Principal,
): string {
  const used = variablesOfAnswer(document, operation);
  const values = Object.entries(variables)
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = document.loc?.source.body ?? print(document);
  return JSON.stringify([
    onlyClient(principal),
    [...principal.scopes],
    operation.name?.value ?? null,
    values,
    text,
  ]);
}

function variablesOfAnswer(document: DocumentNode, operation: OperationDefinitionNode): Set<string> {
  const starts = new Set(
    operation.selectionSet.selections.flatMap((selection) =>
      selection.kind === 'Field'
        ? (selection.arguments ?? []).filter((argument) => argument.name.value === START_ARGUMENT)
        : [],
    ),
  );
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Argument: (node) => (starts.has(node) ? false : undefined),
    Variable: (node) => void used.add(node.name.value),
  });
  return used;
}

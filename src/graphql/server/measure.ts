/**
 * Measures what an operation asks for. Every measure of a selection follows from those of its parts, and a fragment is
 * measured once however often it is spread, so the work grows with the text of the query and not with what it expands to.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface Measures {
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
  readonly cost: number;
  /** The largest `first` or `last` that is written out, with where it is. */
  readonly page: { readonly size: number; readonly node: FieldNode } | null;
}

const NOTHING: Measures = { depth: 0, aliases: 0, fields: 0, cost: 0, page: null };

/** Assumed for a list whose length is decided by the server: its GPUs, its instances. */
const UNPAGED_ITEMS = 10;
const PAGE_ARGUMENTS = ['first', 'last'];

type Parent = GraphQLCompositeType | undefined;

export class Measurer {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Items assumed where a variable decides. */
  readonly #largestPage: number;
  readonly #measured = new Map<string, Measures>();

  constructor(schema: GraphQLSchema, fragments: readonly FragmentDefinitionNode[], largestPage: number) {
    this.#schema = schema;
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
    this.#largestPage = largestPage;
  }

  operation(node: OperationDefinitionNode): Measures {
    return this.#selectionSet(
      node.selectionSet,
      this.#schema.getRootType(node.operation) ?? undefined,
      false,
    );
  }

  #selectionSet(set: SelectionSetNode, parent: Parent, paged: boolean): Measures {
    return set.selections.map((selection) => this.#selection(selection, parent, paged)).reduce(both, NOTHING);
  }

  #selection(node: SelectionNode, parent: Parent, paged: boolean): Measures {
    switch (node.kind) {
      case Kind.FIELD:
        return this.#field(node, parent, paged);
      case Kind.INLINE_FRAGMENT:
        return this.#selectionSet(
          node.selectionSet,
          this.#typeOf(node.typeCondition?.name.value) ?? parent,
          paged,
        );
      case Kind.FRAGMENT_SPREAD:
        return this.#fragment(node.name.value, paged);
      default:
        return node satisfies never;
    }
  }

  #fragment(name: string, paged: boolean): Measures {
    const key = `${name} ${paged}`;
    const known = this.#measured.get(key);
    if (known) return known;
    const fragment = this.#fragments.get(name);
    // A fragment within itself is refused by a rule of its own; here it only must not go on for ever.
    this.#measured.set(key, NOTHING);
    if (!fragment) return NOTHING;
    const measures = this.#selectionSet(
      fragment.selectionSet,
      this.#typeOf(fragment.typeCondition.name.value),
      paged,
    );
    this.#measured.set(key, measures);
    return measures;
  }

  /** @param paged whether the parent is a connection, so that its lists hold the items already counted. */
  #field(node: FieldNode, parent: Parent, paged: boolean): Measures {
    const aliases = node.alias ? 1 : 0;
    const name = node.name.value;
    // Introspection has a limit of its own, among the standard rules, and is deep by nature.
    if (name.startsWith('__')) return { ...NOTHING, aliases, fields: 1, cost: 1, depth: 1 };
    const field = parent && 'getFields' in parent ? parent.getFields()[name] : undefined;
    const type = field && getNamedType(field.type);
    const isPage = field?.args.some((argument) => PAGE_ARGUMENTS.includes(argument.name)) ?? false;
    const inner = node.selectionSet
      ? this.#selectionSet(node.selectionSet, isCompositeType(type) ? type : undefined, isPage)
      : NOTHING;
    return {
      depth: 1 + inner.depth,
      aliases: aliases + inner.aliases,
      fields: 1 + inner.fields,
      cost: ownCost(field) + inner.cost * this.#items(node, field, paged),
      // A field that says how large its pages may be looks at them itself.
      page: ownPage(field) === undefined ? larger(this.#pageOf(node), inner.page) : inner.page,
    };
  }

  #items(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined, paged: boolean): number {
    if (!field || !node.selectionSet) return 1;
    if (field.args.some((argument) => PAGE_ARGUMENTS.includes(argument.name))) {
      return this.#pageOf(node)?.size ?? ownPage(field) ?? this.#largestPage;
    }
    if (paged || !isListType(getNullableType(field.type))) return 1;
    for (const { value } of node.arguments ?? []) {
      // A list of what was asked for, such as `nodes(ids:)`.
      if (value.kind === Kind.LIST) return value.values.length;
      if (value.kind === Kind.VARIABLE) return this.#largestPage;
    }
    return UNPAGED_ITEMS;
  }

  #pageOf(node: FieldNode): Measures['page'] {
    let page: Measures['page'] = null;
    for (const { name, value } of node.arguments ?? []) {
      if (!PAGE_ARGUMENTS.includes(name.value) || value.kind !== Kind.INT) continue;
      page = larger(page, { size: Math.max(0, Number(value.value)), node });
    }
    return page;
  }

  #typeOf(name: string | undefined): Parent {
    const type = name === undefined ? undefined : this.#schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }
}

/** The largest page, where the field says that it is another than usual: `extensions: { largestPage }`. */
function ownPage(field: GraphQLField<unknown, unknown> | undefined): number | undefined {
  const page: unknown = field?.extensions.largestPage;
  return typeof page === 'number' ? page : undefined;
}

/** One, unless the field says that it takes more: `extensions: { cost }`. */
function ownCost(field: GraphQLField<unknown, unknown> | undefined): number {
  const cost: unknown = field?.extensions.cost;
  return typeof cost === 'number' ? cost : 1;
}

function both(a: Measures, b: Measures): Measures {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    fields: a.fields + b.fields,
    cost: a.cost + b.cost,
    page: larger(a.page, b.page),
  };
}

function larger(a: Measures['page'], b: Measures['page']): Measures['page'] {
  if (!a || !b) return a ?? b;
  return a.size >= b.size ? a : b;
}

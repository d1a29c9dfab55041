// Reads an OpenAPI 3.1 document: resolves its references, and combines the parts of each schema into one.

export const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
export const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/** Resolves references, and combines all parts of a schema. */
export class Reader {
  #document;
  #shapes = new Map();

  constructor(document) {
    this.#document = document;
  }

  /** Returns the target of a reference; any other node is returned unchanged. */
  resolve(node) {
    for (let steps = 0; node?.$ref !== undefined; steps++) {
      const { $ref } = node;
      if (!$ref.startsWith('#/') || steps > 100) {
        throw new Error(`The reference ${$ref} leads out of the document or in a circle.`);
      }

      const keys = $ref.slice(2).split('/').map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
      node = keys.reduce((from, key) => from?.[key], this.#document);
      if (node === undefined) {
        throw new Error(`The reference ${$ref} leads nowhere.`);
      }
    }

    return node;
  }

  /** Returns the parameters of an operation and its path, as `query limit` → parameter. Names of headers are case-insensitive. */
  parameters(item, operation) {
    const all = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => this.resolve(parameter));
    return new Map(all.map((each) => [`${each.in} ${each.in === 'header' ? each.name.toLowerCase() : each.name}`, each]));
  }

  /** Combines a schema's reference, its allOf, and a choice between null and one other schema into one schema. */
  shape(schema) {
    if (typeof schema !== 'object') {
      return { isNullable: schema, types: schema ? undefined : [], properties: {}, required: [] };
    }

    const known = this.#shapes.get(schema);
    if (known !== undefined) {
      return known;
    }

    const named = schema.type === undefined ? undefined : [schema.type].flat();
    const values = schema.const !== undefined ? [schema.const] : schema.enum;
    let shape = {
      ...schema,
      types: named?.filter((type) => type !== 'null'),
      values: values?.filter((value) => value !== null).map(text),
      isNullable: (named?.includes('null') ?? true) && (values?.includes(null) ?? true),
      properties: schema.properties ?? {},
      required: schema.required ?? [],
    };
    if (schema.$ref !== undefined) {
      shape = both(shape, { ...this.shape(this.resolve({ $ref: schema.$ref })), name: schema.$ref.split('/').pop() });
    }

    shape = (schema.allOf ?? []).reduce((sum, part) => both(sum, this.shape(part)), shape);
    for (const choice of [schema.oneOf, schema.anyOf].filter((list) => list !== undefined)) {
      const rest = choice.filter((option) => option.type !== 'null');
      const hasNull = rest.length < choice.length || rest.some((option) => this.shape(option).isNullable);
      shape = rest.length === 1
        ? both(shape, { ...this.shape(rest[0]), isNullable: hasNull })
        : { ...shape, isNullable: shape.isNullable && hasNull, alternatives: [...(shape.alternatives ?? []), ...rest] };
    }

    this.#shapes.set(schema, shape);
    return shape;
  }
}

/** Returns the schema that accepts only values accepted by both. */
function both(a, b) {
  const common = (x, y) => (x === undefined || y === undefined ? x ?? y : x.filter((value) => y.includes(value)));
  const properties = { ...b.properties };
  for (const [name, schema] of Object.entries(a.properties)) {
    properties[name] = properties[name] === undefined ? schema : { allOf: [schema, properties[name]] };
  }

  const bounds = {};
  for (const [keywords, tighter] of [[LOWER, Math.max], [UPPER, Math.min]]) {
    for (const keyword of keywords.filter((name) => a[name] !== undefined && b[name] !== undefined)) {
      bounds[keyword] = tighter(a[keyword], b[keyword]);
    }
  }

  return {
    ...b,
    ...a,
    ...bounds,
    properties,
    name: a.name ?? b.name,
    types: common(a.types, b.types),
    values: common(a.values, b.values),
    required: [...new Set([...a.required, ...b.required])],
    isNullable: a.isNullable && b.isNullable,
    alternatives: a.alternatives ?? b.alternatives,
  };
}

/** Returns a value as JSON. */
export const text = (value) => (value === undefined ? 'nothing' : JSON.stringify(value));

/** Returns the types that a schema accepts, as text. */
export const typesOf = ({ types }) => types?.toSorted().join(' or ') ?? 'anything';

/** Returns true if a schema accepts all types of another schema. */
export const takesAll = ({ types }, { types: sent }) =>
  types === undefined || (sent?.every((type) => types.includes(type) || (type === 'integer' && types.includes('number'))) ?? false);

/** Returns the schema of a parameter or header. */
export const schemaOf = (parameter) => parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema;

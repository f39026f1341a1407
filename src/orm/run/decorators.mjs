// @ts-check
// A Babel plugin that makes classes with decorators loadable by jiti, whose own plugins stop at `@Column() name!: string`.

/** @typedef {Record<string, any>} Node */

export function decoratedClasses() {
  return {
    /** Runs before every visitor of jiti's own plugins. @param {{ ast: { program: Node } }} file */
    pre: (file) => walk(file.ast.program, prepare),
    /** @param {{ ast: { program: Node } }} file */
    post: (file) => walk(file.ast.program, allowInstances),
  };
}

/** @param {Node} node @param {(node: Node) => void} visit */
function walk(node, visit) {
  visit(node);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc' || typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const each of value) if (typeof each?.type === 'string') walk(each, visit);
    } else if (typeof value.type === 'string') walk(value, visit);
  }
}

/** @param {Node} node */
function prepare(node) {
  if (node['type'] === 'ClassProperty') {
    delete node['definite'];
    if (saysItsType(node)) withoutReference(node);
  }
  if (node['type'] === 'ClassMethod') {
    for (const each of node['params']) {
      const parameter = each.parameter ?? each;
      withoutReference(parameter.left ?? parameter);
    }
  }
}

/** `@ManyToOne(() => Author)`, `@Column('text')`, `@Column({ type: 'json' })`. @param {Node} field */
function saysItsType({ decorators }) {
  return (decorators ?? []).some((/** @type {Node} */ { expression }) => expression.arguments?.some(isType));
}

/** @param {Node} argument of a decorator @returns {boolean} */
function isType({ type, properties }) {
  if (type !== 'ObjectExpression') return type === 'ArrowFunctionExpression' || type === 'StringLiteral';
  return properties.some((/** @type {Node} */ { key }) => key?.name === 'type' || key?.name === 'entity');
}

/**
 * A class that becomes metadata is read while a circle of imports may still be open, and jiti goes by what it has read then:
 * nothing. So it is left out where nobody needs it. Built-in types stay: `Promise` makes a relation lazy.
 * @param {Node} holder of a type annotation
 */
function withoutReference(holder) {
  const annotation = holder['typeAnnotation'];
  const type = annotation?.typeAnnotation;
  if (type === undefined || /^TS\w+Keyword$/.test(type.type)) return;
  if (type.type === 'TSTypeReference' && Object.hasOwn(globalThis, type.typeName.name)) return;
  annotation.typeAnnotation = { type: 'TSUnknownKeyword' };
}

/** Babel lets a class with decorated fields be made only by another plugin; an ORM makes one to look at it. @param {Node} node */
function allowInstances(node) {
  if (node['type'] === 'FunctionDeclaration' && node['id']?.name === '_initializerWarningHelper')
    node['body'].body = [];
}

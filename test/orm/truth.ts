// Every configuration of the truth table as a model of its own, as data that can be edited and written out as Python.

type Arguments = Readonly<Record<string, string>>;

export interface Model {
  readonly id: string;
  /** The arguments of ForeignKey() and of the two relationships; null where there is none. */
  readonly foreignKey: Arguments;
  readonly nullable: boolean;
  readonly parentSide: Arguments | null;
  readonly childSide: Arguments | null;
  /** The parent's side is made by a backref on the child's. */
  readonly backref: boolean;
  /** The key is the child's primary key as well. */
  readonly primaryKey: boolean;
  /** The child's class has listeners for its deletes. */
  readonly listeners: boolean;
}

const plain: Omit<Model, 'id'> = {
  foreignKey: {},
  nullable: true,
  parentSide: {},
  childSide: {},
  backref: false,
  primaryKey: false,
  listeners: false,
};

const placements: Readonly<Record<string, Partial<Model>>> = {
  none: {},
  delete: { parentSide: { cascade: '"all, delete"' } },
  orphan: { parentSide: { cascade: '"all, delete-orphan"' } },
  backref: { parentSide: { cascade: '"all, delete"' }, backref: true },
  plainbackref: { backref: true },
  childcascade: { childSide: { cascade: '"all, delete"' } },
  childcascadebackref: { childSide: { cascade: '"all, delete"' }, backref: true },
  only: { parentSide: null },
  onlycascade: { parentSide: null, childSide: { cascade: '"all, delete"' } },
};
const actions = {
  none: null,
  cascade: 'CASCADE',
  setnull: 'SET NULL',
  restrict: 'RESTRICT',
  setdefault: 'SET DEFAULT',
};
const passives = { false: null, true: 'True', all: '"all"' };

/** Placement × action × passive_deletes × nullability; what a placement has no place for is left out. */
function table(): readonly Model[] {
  return Object.entries(placements).flatMap(([placement, placed]) =>
    Object.entries(actions).flatMap(([action, ondelete]) =>
      Object.entries(passives).flatMap(([passive, passiveDeletes]) =>
        [true, false].flatMap((nullable) => {
          const base = { ...plain, ...placed };
          // what stands on the child's side does not change what passive_deletes does on the parent's
          const full = base.parentSide !== null && base.childSide?.['cascade'] === undefined;
          if (passiveDeletes !== null && !full) return [];
          const id = [placement, action, passive, nullable ? 'null' : 'notnull'].join('_');
          const given: Arguments = passiveDeletes === null ? {} : { passive_deletes: passiveDeletes };
          const parentSide = base.parentSide === null ? null : { ...base.parentSide, ...given };
          const foreignKey: Arguments = ondelete === null ? {} : { ondelete: `"${ondelete}"` };
          return [{ ...base, id, parentSide, nullable, foreignKey }];
        }),
      ),
    ),
  );
}

const cascade = { cascade: '"all, delete"' };
const trust = { passive_deletes: 'True' };
const onDelete = (action: string): Arguments => ({ ondelete: `"${action}"` });

/** Special cases: how the collection is loaded, listeners, a key that is the primary key, viewonly. */
function special(version2: boolean): readonly Model[] {
  const loadings = ['joined', 'selectin', 'dynamic', 'raise', 'noload', ...(version2 ? ['write_only'] : [])];
  const cases: readonly (readonly [string, Partial<Model>])[] = [
    ...loadings.flatMap((lazy) =>
      (
        [
          ['none', {}],
          ['cascade', onDelete('CASCADE')],
          ['setnull', onDelete('SET NULL')],
        ] as const
      ).flatMap(([action, foreignKey]) =>
        (
          [
            ['plain', {}],
            ['delete', cascade],
            ['trusting', trust],
            ['both', { ...cascade, ...trust }],
          ] as const
        ).map(
          ([kind, given]) =>
            [
              `lazy_${lazy}_${action}_${kind}`,
              { foreignKey, parentSide: { ...given, lazy: `"${lazy}"` } },
            ] as const,
        ),
      ),
    ),
    ...Object.entries(passives).flatMap(([passive, value]) =>
      (
        [
          ['none', {}],
          ['cascade', onDelete('CASCADE')],
        ] as const
      ).flatMap(([action, foreignKey]) =>
        (
          [
            ['plain', {}],
            ['delete', cascade],
          ] as const
        ).map(
          ([kind, given]) =>
            [
              `pk_${action}_${kind}_${passive}`,
              {
                foreignKey,
                nullable: false,
                primaryKey: true,
                parentSide: {
                  ...given,
                  uselist: 'False',
                  ...(value === null ? {} : { passive_deletes: value }),
                },
              },
            ] as const,
        ),
      ),
    ),
    [
      'listeners_trusting',
      { foreignKey: onDelete('CASCADE'), parentSide: { ...cascade, ...trust }, listeners: true },
    ],
    ['listeners_each', { foreignKey: onDelete('CASCADE'), parentSide: cascade, listeners: true }],
    ['listeners_only_orm', { parentSide: cascade, listeners: true }],
    ['viewonly_none', { parentSide: { viewonly: 'True' } }],
    ['viewonly_cascade', { parentSide: { viewonly: 'True' }, foreignKey: onDelete('CASCADE') }],
    ...(version2 ? [['viewonly_dropped', { parentSide: { viewonly: 'True', ...cascade } }] as const] : []),
    [
      'delete_orphan_alone',
      { parentSide: { cascade: '"save-update, merge, delete-orphan"' }, foreignKey: onDelete('CASCADE') },
    ],
    ['child_passive', { childSide: trust, foreignKey: onDelete('SET NULL') }],
  ];
  return cases.map(([id, differing]) => ({ ...plain, ...differing, id }));
}

export const models = (version2: boolean): readonly Model[] => [...table(), ...special(version2)];

/** What has no mapping: SQLAlchemy refuses it when mappers are configured. */
export const isImpossible = ({ parentSide }: Model): boolean =>
  parentSide?.['passive_deletes'] === '"all"' && (parentSide['cascade'] ?? '').includes('delete');

/** The models as a Python module; each has a Base of its own, so that a broken one stays alone. */
export function pythonOf(all: readonly Model[], pragma = true): string {
  return [
    'from sqlalchemy import Column, ForeignKey, Integer, event',
    'from sqlalchemy.engine import Engine',
    'from sqlalchemy.orm import backref, declarative_base, relationship',
    '',
    '@event.listens_for(Engine, "connect")',
    'def enforce(connection, record):',
    '    if type(connection).__module__.startswith("sqlite3"):',
    `        connection.execute("PRAGMA foreign_keys=${pragma ? 'ON' : 'OFF'}")`,
    '        connection.execute("PRAGMA synchronous=OFF")',
    '        connection.execute("PRAGMA journal_mode=MEMORY")',
    '',
    'def seen(mapper, connection, target):',
    '    pass',
    '',
    'MODELS = {}',
    ...all.flatMap(classes),
    '',
  ].join('\n');
}

function classes(model: Model): readonly string[] {
  const { id, parentSide, childSide, backref, primaryKey, nullable } = model;
  const call = (name: string, first: string, given: Arguments): string =>
    `${name}(${[first, ...Object.entries(given).map(([key, value]) => `${key}=${value}`)].join(', ')})`;
  const key = call('ForeignKey', `"p_${id}.id"`, model.foreignKey);
  const both = parentSide !== null && childSide !== null && !backref;
  // a view beside the writing side is no pair of it
  const pair = both && parentSide['viewonly'] === undefined;
  const children = call('relationship', `"C_${id}"`, {
    ...(pair ? { back_populates: '"parent"' } : {}),
    ...parentSide,
  });
  const parent = call('relationship', `"P_${id}"`, {
    ...(pair ? { back_populates: '"children"' } : {}),
    ...(backref ? { backref: call('backref', '"children"', parentSide ?? {}) } : {}),
    ...childSide,
  });
  return [
    '',
    `Base_${id} = declarative_base()`,
    `class P_${id}(Base_${id}):`,
    `    __tablename__ = "p_${id}"`,
    '    id = Column(Integer, primary_key=True)',
    ...(parentSide === null || backref ? [] : [`    children = ${children}`]),
    `class C_${id}(Base_${id}):`,
    `    __tablename__ = "c_${id}"`,
    ...(primaryKey
      ? [`    p_id = Column(${key}, primary_key=True)`]
      : [
          '    id = Column(Integer, primary_key=True)',
          `    p_id = Column(${key}, nullable=${nullable ? 'True' : 'False'}, server_default="99")`,
        ]),
    ...(childSide === null ? [] : [`    parent = ${parent}`]),
    ...(model.listeners ? [`event.listen(C_${id}, "before_delete", seen)`] : []),
    `MODELS["${id}"] = (P_${id}, C_${id})`,
  ];
}

export interface ModelEdit {
  readonly kind: string;
  readonly target: string;
  readonly set: Arguments;
  readonly remove: readonly string[];
}

/** Does to a model what a finding says. */
export function edited(model: Model, edit: ModelEdit): Model {
  const apply = (given: Arguments | null): Arguments => ({
    ...Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !edit.remove.includes(name))),
    ...edit.set,
  });
  const { id } = model;
  if (edit.target === `P_${id}.children`) return { ...model, parentSide: apply(model.parentSide) };
  if (edit.target === `C_${id}.parent`) return { ...model, childSide: apply(model.childSide) };
  if (edit.target === `c_${id}(p_id)`) return { ...model, foreignKey: apply(model.foreignKey) };
  throw new Error(`an edit of ${edit.target}, which is no part of ${id}`);
}

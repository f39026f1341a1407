// What the truth table of one-to-many leaves out: link tables, inheritance, trees, composite keys, grandchildren, drift.
// Each case is a module's worth of Python, ways to delete, and what is left after each.

export interface Special {
  readonly id: string;
  /** Classes and tables, every name ending in the id; `Base` is the case's own. */
  readonly models: string;
  /** Rows, in order, and the tables that are looked at: parents first. */
  readonly rows: readonly string[];
  readonly tables: readonly string[];
  /** Statements over the session `s`; those whose names begin with `parent` ought to do one thing. */
  readonly ways: Readonly<Record<string, string>>;
  /** What each way leaves, table by table, or how it fails. */
  readonly left: Readonly<Record<string, string>>;
  /** What lint says about the case. */
  readonly told: readonly string[];
  /** Run behind create_all, for a database that is not what the models say. */
  readonly live?: readonly string[];
  /** PostgreSQL 15 and newer alone. */
  readonly columnLists?: boolean;
}

export const FK = 'foreign-key-violation';
export const NN = 'not-null-violation';

const link = (id: string, ondelete: string, relationship: string, more = ''): string => `
l_${id} = Table("l_${id}", Base.metadata,
    Column("p_id", ForeignKey("p_${id}.id"${ondelete}), primary_key=True),
    Column("t_id", ForeignKey("t_${id}.id"${ondelete}), primary_key=True))
class T_${id}(Base):
    __tablename__ = "t_${id}"
    id = Column(Integer, primary_key=True)
class P_${id}(Base):
    __tablename__ = "p_${id}"
    id = Column(Integer, primary_key=True)
    tags = relationship("T_${id}", secondary=l_${id}${relationship})${more}`;

/** Two parents, one of two targets shared. */
export function linked(
  id: string,
  parts: { readonly ondelete?: string; readonly relationship?: string },
  left: Readonly<Record<string, string>>,
  told: readonly string[],
): Special {
  const { ondelete = '', relationship = '' } = parts;
  return {
    id,
    models: link(id, ondelete, relationship),
    rows: [
      `INSERT INTO p_${id} (id) VALUES (1), (2)`,
      `INSERT INTO t_${id} (id) VALUES (1), (2)`,
      `INSERT INTO l_${id} (p_id, t_id) VALUES (1, 1), (1, 2), (2, 2)`,
    ],
    tables: [`p_${id}`, `t_${id}`, `l_${id}`],
    ways: {
      parent_session: `s.delete(s.get(P_${id}, 1))`,
      parent_loaded: `p = s.get(P_${id}, 1); list(p.tags); s.delete(p)`,
      parent_bulk: `s.query(P_${id}).filter_by(id=1).delete(synchronize_session=False)`,
      other_session: `s.delete(s.get(T_${id}, 1))`,
    },
    left,
    told,
  };
}

export const cascade = ', ondelete="CASCADE"';

const people = (id: string, ondelete: string, args: string): string => `
class P_${id}(Base):
    __tablename__ = "p_${id}"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}
class S_${id}(P_${id}):
    __tablename__ = "s_${id}"
    id = Column(Integer, ForeignKey("p_${id}.id"${ondelete}), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "s"${args}}`;

export function inherited(
  id: string,
  ondelete: string,
  args: string,
  left: Readonly<Record<string, string>>,
  told: readonly string[],
): Special {
  return {
    id,
    models: people(id, ondelete, args),
    rows: [`INSERT INTO p_${id} (id, kind) VALUES (1, 's')`, `INSERT INTO s_${id} (id) VALUES (1)`],
    tables: [`p_${id}`, `s_${id}`],
    ways: {
      parent_session: `s.delete(s.get(S_${id}, 1))`,
      parent_bulk: `s.query(P_${id}).filter_by(id=1).delete(synchronize_session=False)`,
      sub_bulk: `s.execute(text("DELETE FROM s_${id}"))`,
    },
    left,
    told,
  };
}

const chain = (id: string, ondelete: string): string => `
class P_${id}(Base):
    __tablename__ = "p_${id}"
    id = Column(Integer, primary_key=True)
    children = relationship("C_${id}", cascade="all, delete", passive_deletes=True)
class C_${id}(Base):
    __tablename__ = "c_${id}"
    id = Column(Integer, primary_key=True)
    p_id = Column(ForeignKey("p_${id}.id"${cascade}))
class G_${id}(Base):
    __tablename__ = "g_${id}"
    id = Column(Integer, primary_key=True)
    c_id = Column(ForeignKey("c_${id}.id"${ondelete}))`;

export function deep(id: string, ondelete: string, left: string, told: readonly string[]): Special {
  return {
    id,
    models: chain(id, ondelete),
    rows: [
      `INSERT INTO p_${id} (id) VALUES (1)`,
      `INSERT INTO c_${id} (id, p_id) VALUES (1, 1)`,
      `INSERT INTO g_${id} (id, c_id) VALUES (1, 1)`,
    ],
    tables: [`p_${id}`, `c_${id}`, `g_${id}`],
    ways: {
      parent_unloaded: `s.delete(s.get(P_${id}, 1))`,
      parent_loaded: `p = s.get(P_${id}, 1); list(p.children); s.delete(p)`,
      parent_bulk: `s.query(P_${id}).filter_by(id=1).delete(synchronize_session=False)`,
    },
    left: { parent_unloaded: left, parent_loaded: left, parent_bulk: left },
    told,
  };
}

/** A key of two columns, of which only the second accepts NULL. */
export function composite(
  id: string,
  ondelete: string,
  relationship: string,
  left: readonly [unloaded: string, loaded: string, bulk: string],
  told: readonly string[],
  columnLists = false,
): Special {
  return {
    id,
    models: `
class P_${id}(Base):
    __tablename__ = "p_${id}"
    tenant = Column(Integer, primary_key=True)
    id = Column(Integer, primary_key=True)
    children = relationship("C_${id}"${relationship})
class C_${id}(Base):
    __tablename__ = "c_${id}"
    id = Column(Integer, primary_key=True)
    tenant = Column(Integer, nullable=False)
    p_id = Column(Integer)
    __table_args__ = (ForeignKeyConstraint(["tenant", "p_id"], ["p_${id}.tenant", "p_${id}.id"]${ondelete}),)`,
    rows: [
      `INSERT INTO p_${id} (tenant, id) VALUES (7, 1)`,
      `INSERT INTO c_${id} (id, tenant, p_id) VALUES (1, 7, 1)`,
    ],
    tables: [`p_${id}`, `c_${id}`],
    ways: {
      parent_unloaded: `s.delete(s.get(P_${id}, (7, 1)))`,
      parent_loaded: `p = s.get(P_${id}, (7, 1)); list(p.children); s.delete(p)`,
      parent_bulk: `s.query(P_${id}).delete(synchronize_session=False)`,
    },
    left: { parent_unloaded: left[0], parent_loaded: left[1], parent_bulk: left[2] },
    told,
    columnLists,
  };
}

/** A chain 1 <- 2 <- 3. */
export function tree(
  id: string,
  parts: { readonly ondelete?: string; readonly relationship: string },
  left: Readonly<Record<string, string>>,
  told: readonly string[],
): Special {
  return {
    id,
    models: `
class N_${id}(Base):
    __tablename__ = "n_${id}"
    id = Column(Integer, primary_key=True)
    up = Column(ForeignKey("n_${id}.id"${parts.ondelete ?? ''}))
    ${parts.relationship}`,
    rows: [
      `INSERT INTO n_${id} (id, up) VALUES (1, NULL)`,
      `INSERT INTO n_${id} (id, up) VALUES (2, 1)`,
      `INSERT INTO n_${id} (id, up) VALUES (3, 2)`,
    ],
    tables: [`n_${id}`],
    ways: {
      parent_root: `s.delete(s.get(N_${id}, 1))`,
      parent_bulk: `s.query(N_${id}).filter_by(id=1).delete(synchronize_session=False)`,
      leaf: `s.delete(s.get(N_${id}, 3))`,
    },
    left,
    told,
  };
}

/** One parent with one child, over a database that the models do not describe. */
export function drifted(
  id: string,
  parts: {
    readonly models: string;
    readonly relationship: string;
    readonly live: string;
    readonly more?: string;
  },
  left: readonly [unloaded: string, loaded: string, bulk: string],
  told: readonly string[],
): Special {
  return {
    id,
    models: `
class P_${id}(Base):
    __tablename__ = "p_${id}"
    id = Column(Integer, primary_key=True)
    children = relationship("C_${id}"${parts.relationship})${parts.more ?? ''}
class C_${id}(Base):
    __tablename__ = "c_${id}"
    id = Column(Integer, primary_key=True)
    p_id = Column(ForeignKey("p_${id}.id"${parts.models}))`,
    rows: [`INSERT INTO p_${id} (id) VALUES (1)`, `INSERT INTO c_${id} (id, p_id) VALUES (1, 1)`],
    tables: [`p_${id}`, `c_${id}`],
    ways: {
      parent_unloaded: `s.delete(s.get(P_${id}, 1))`,
      parent_loaded: `p = s.get(P_${id}, 1); list(p.children); s.delete(p)`,
      parent_bulk: `s.query(P_${id}).delete(synchronize_session=False)`,
    },
    left: { parent_unloaded: left[0], parent_loaded: left[1], parent_bulk: left[2] },
    told,
    live: [
      `DROP TABLE c_${id}`,
      `CREATE TABLE c_${id} (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p_${id} (id)${parts.live})`,
    ],
  };
}

export const recommended = ', cascade="all, delete", passive_deletes=True';

/** The cases as a Python module. */
export function pythonOf(cases: readonly Special[], pragma: boolean): string {
  const head = `from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import declarative_base, relationship
`;
  const listener = `
@event.listens_for(Engine, "connect")
def enforce(connection, record):
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA foreign_keys=ON")
`;
  const each = cases.map(
    ({ id, models, rows, tables, ways, live = [] }) => `
Base = declarative_base()${models}
${Object.entries(ways)
  .map(([way, statement]) => `def ${way}_${id}(s):\n    ${statement}`)
  .join('\n')}
CASES["${id}"] = {"metadata": Base.metadata, "rows": ${JSON.stringify(rows)}, "tables": ${JSON.stringify(tables)},
    "live": ${JSON.stringify(live)}, "ways": {${Object.keys(ways)
      .map((way) => `"${way}": ${way}_${id}`)
      .join(', ')}}}
`,
  );
  return `${head}${pragma ? listener : ''}CASES = {}\n${each.join('')}`;
}

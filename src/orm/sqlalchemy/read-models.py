# Reads SQLAlchemy models (1.4 and 2.x) and answers with facts about them. Runs behind run/base.py in the application's own
# Python, with nothing but the standard library and the SQLAlchemy that it finds there. It imports the modules that are named,
# which runs their code; it opens no database.
# request: {"models": ["pkg.module:Base"], "alembic": null, "dialect": null, "stubEngine": false}
import contextlib
import gc
import importlib
import io
import logging
import re

# `deleted_at`, `is_deleted`, `soft_deleted`, `deletedOn`
SOFT_DELETE = re.compile(r"^(is_|soft_)*deleted(_?(at|on|time|date|by))?$", re.I)
SYSTEM_SCHEMAS = ("pg_catalog", "information_schema")


# ---- before the application is imported ----

WRITTEN = ("cascade", "passive_deletes", "viewonly", "lazy", "single_parent", "backref", "back_populates")
# 2.0 passes these on when nobody has written them
DEFAULTS = {"cascade": "save-update, merge", "lazy": "select"}


def watch():
    """Has SQLAlchemy remember where keys and relationships are written, and what a relationship was given."""
    from sqlalchemy import schema
    from sqlalchemy.orm import relationships

    implied = []

    def remembering(cls, remember):
        original = cls.__init__

        def __init__(self, *args, **kwargs):
            self.__dict__["_ondelete_place"] = None if implied else place_of_frame()
            if remember:
                self.__dict__["_ondelete_written"] = dict(
                    (name, repr(kwargs[name]))
                    for name in WRITTEN
                    if kwargs.get(name) is not None and kwargs.get(name) is not False and kwargs.get(name) != DEFAULTS.get(name, None)
                )
            original(self, *args, **kwargs)

        cls.__init__ = __init__

    def carrying(cls, name):
        """A key of a mixin is copied for each table: the copy is written where the original is."""
        original = getattr(cls, name, None)
        if original is None:
            return

        def copy(self, *args, **kwargs):
            made = original(self, *args, **kwargs)
            made.__dict__["_ondelete_place"] = self.__dict__.get("_ondelete_place")
            return made

        setattr(cls, name, copy)

    remembering(relationships.RelationshipProperty, True)
    for cls in (schema.ForeignKey, schema.ForeignKeyConstraint):
        remembering(cls, False)
        carrying(cls, "_copy")
    generate = getattr(relationships.RelationshipProperty, "_generate_backref", None)
    if generate is not None:

        def _generate_backref(self):
            implied.append(self)
            try:
                return generate(self)
            finally:
                implied.pop()

        relationships.RelationshipProperty._generate_backref = _generate_backref


def stub_engines():
    from unittest.mock import MagicMock
    import sqlalchemy
    import sqlalchemy.engine

    made = MagicMock(name="engine of ondelete --stub-engine")
    for module in (sqlalchemy, sqlalchemy.engine):
        for name in ("create_engine", "engine_from_config"):
            if hasattr(module, name):
                setattr(module, name, made)
    try:
        import sqlalchemy.ext.asyncio as asyncio

        asyncio.create_async_engine = made
        asyncio.async_engine_from_config = made
    except ImportError:
        pass


# ---- finding the models ----

def metadatas_of(thing):
    """The MetaData that an attribute stands for: a Base, a registry, a MetaData, or Flask-SQLAlchemy's db."""
    from sqlalchemy import MetaData

    if isinstance(thing, MetaData):
        return [thing]
    several = getattr(thing, "metadatas", None)
    if isinstance(several, dict):
        return list(several.values())
    one = getattr(thing, "metadata", None)
    if isinstance(one, MetaData):
        return [one]
    if isinstance(thing, (list, tuple)):
        return [each for part in thing for each in metadatas_of(part)]
    return []


def has_own_tables(metadata):
    return any(table.schema not in SYSTEM_SCHEMAS for table in metadata.tables.values())


def import_models(facts):
    named = []
    everything = False
    for target in facts.request["models"]:
        name, _, attribute = target.partition(":")
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # sys.exit() as well
            facts.failed("import", name, error)
            continue
        if not attribute:
            everything = True
            continue
        thing = module
        for part in attribute.split("."):
            thing = getattr(thing, part, None)
        found = metadatas_of(thing)
        if thing is None:
            facts.error("discover", "%s has no %s" % (name, attribute))
        elif not found:
            facts.error("discover", "%s is no Base, MetaData or registry" % target)
        named.extend(found)
    return named, everything


@contextlib.contextmanager
def application_of(config):
    """Flask-Migrate's alembic.ini names no scripts: they stand beside it, and its env.py asks the application for everything."""
    if config.get_main_option("script_location") is not None:
        yield
        return
    folder = os.path.dirname(os.path.abspath(config.config_file_name))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    try:
        from flask.cli import ScriptInfo
    except ImportError:
        yield
        return
    with ScriptInfo(app_import_path=os.environ.get("FLASK_APP")).load_app().app_context():
        yield


def alembic_metadata(facts):
    """What env.py hands to Alembic as target_metadata, without a connection (offline mode)."""
    try:
        from alembic.config import Config
        from alembic.runtime.environment import EnvironmentContext
        from alembic.script import ScriptDirectory
    except ImportError as error:
        facts.failed("environment", "", error)
        return []
    found = []

    def capture(revision, context):
        found.extend(metadatas_of(context.opts.get("target_metadata")))
        return []

    try:
        # what Alembic prints in offline mode is the script of a migration, of which there is none
        nowhere = io.StringIO()
        config = Config(facts.request["alembic"], stdout=nowhere, output_buffer=nowhere)
        for name in ("alembic.runtime.migration", "alembic.runtime.plugins"):
            logging.getLogger(name).addFilter(lambda record: False)
        with application_of(config):
            script = ScriptDirectory.from_config(config)
            with EnvironmentContext(config, script, fn=capture, as_sql=True, starting_rev=None, destination_rev="head"):
                script.run_env()
    except BaseException as error:
        facts.failed("alembic", facts.request["alembic"], error)
    if not found and not facts.data["errors"]:
        facts.error("alembic", "env.py sets no target_metadata")
    return found


def all_metadata():
    from sqlalchemy import MetaData

    return [thing for thing in gc.get_objects() if isinstance(thing, MetaData) and has_own_tables(thing)]


def unique(things):
    seen = set()
    return [thing for thing in things if not (id(thing) in seen or seen.add(id(thing)))]


# ---- tables and keys ----

def table_name(table):
    return {"schema": table.schema, "name": table.name}


def mark_of(*things):
    for thing in things:
        value = getattr(thing, "info", {}).get("ondelete") if thing is not None else None
        if value is not None:
            return str(value)
    return None


def target_of(key):
    """Table and column that a ForeignKey points to, as written; resolving it fails across MetaData."""
    schema, table, column = key._column_tokens
    if schema is None and not isinstance(key._colspec, str):
        resolved = key.column.table
        return {"schema": resolved.schema, "name": resolved.name}, key.column.name
    return {"schema": schema, "name": table}, column


def constraint_name(dialect, constraint):
    try:
        return str(dialect.identifier_preparer.format_constraint(constraint)).strip('"`')
    except Exception:
        return constraint.name if isinstance(constraint.name, str) else None


def key_facts(constraint, dialect, group):
    elements = list(constraint.elements)
    targets = [target_of(element) for element in elements]
    first = elements[0]
    place = next((each.__dict__["_ondelete_place"] for each in elements + [constraint] if each.__dict__.get("_ondelete_place")), None)
    return {
        "child": table_name(constraint.parent),
        "columns": [element.parent.name for element in elements],
        "parent": targets[0][0],
        "parentColumns": [column or element.parent.name for (_, column), element in zip(targets, elements)],
        "group": group,
        "name": constraint_name(dialect, constraint) if dialect is not None else None,
        "onDelete": constraint.ondelete,
        "onUpdate": constraint.onupdate,
        "place": place,
        "mark": mark_of(constraint, first),
    }


def dialect_named(name):
    if name is None:
        return None
    try:
        from sqlalchemy.dialects import registry

        return registry.load({"postgres": "postgresql", "mariadb": "mysql"}.get(name, name))()
    except Exception:
        return None


def table_facts(facts, metadatas, dialect):
    from sqlalchemy import ForeignKeyConstraint

    for place, metadata in enumerate(metadatas):
        group = "MetaData %d" % (place + 1) if len(metadatas) > 1 else None
        for table in metadata.tables.values():
            if table.schema in SYSTEM_SCHEMAS:
                continue
            facts.data["tables"].append({
                "schema": table.schema,
                "name": table.name,
                "group": group,
                "columns": [
                    {"name": column.name, "nullable": bool(column.nullable), "primaryKey": bool(column.primary_key)}
                    for column in table.columns
                ],
                "deleteEvents": [],
                "place": None,
            })
            for constraint in table.constraints:
                if not isinstance(constraint, ForeignKeyConstraint):
                    continue
                try:
                    facts.data["foreignKeys"].append(key_facts(constraint, dialect, group))
                except Exception as error:
                    facts.failed("keys", "a key of %s" % table.name, error)
    facts.sort()


# ---- relationships ----

def registries_of(metadatas):
    module = sys.modules["sqlalchemy.orm.mapper"]
    listed = getattr(module, "_all_registries", None)
    if listed is not None:
        found = list(listed())
    else:
        from sqlalchemy.orm import registry

        found = [thing for thing in gc.get_objects() if isinstance(thing, registry)]
    wanted = set(id(metadata) for metadata in metadatas)

    def concerns(registry):
        if id(registry.metadata) in wanted:
            return True
        return any(id(table.metadata) in wanted for mapper in registry.mappers for table in own_tables(mapper))

    return sorted((each for each in found if concerns(each)), key=lambda each: sorted(m.class_.__qualname__ for m in each.mappers))


def own_tables(mapper):
    return [table for table in mapper.tables if hasattr(table, "metadata")]


def configure(facts, registries):
    """Configures each registry by itself, so that a broken one does not hide the others."""
    done = []
    for registry in registries:
        try:
            registry.configure()
            done.append(registry)
        except Exception as error:
            facts.failed("configure", "", error)
    return done


def key_of(pairs):
    """The key behind pairs of (parent's column, child's column)."""
    pairs = [pair for pair in pairs if hasattr(pair[0], "table") and hasattr(pair[1], "table")]
    pairs = [pair for pair in pairs if hasattr(pair[0].table, "metadata") and hasattr(pair[1].table, "metadata")]
    if not pairs:
        return None
    parent, child = pairs[0]
    pairs = [pair for pair in pairs if pair[0].table is parent.table and pair[1].table is child.table]
    return {
        "child": table_name(child.table),
        "columns": [pair[1].name for pair in pairs],
        "parent": table_name(parent.table),
        "parentColumns": [pair[0].name for pair in pairs],
    }


def keys_behind(relationship):
    sync = list(relationship.synchronize_pairs)
    if relationship.secondary is not None:
        return [key for key in (key_of(sync), key_of(list(relationship.secondary_synchronize_pairs))) if key]
    if not sync:
        pairs = list(relationship.local_remote_pairs)
        sync = pairs if relationship.direction.name == "ONETOMANY" else [(remote, local) for local, remote in pairs]
    key = key_of(sync)
    return [key] if key else []


def delete_events(mapper):
    found = set()
    for each in mapper.self_and_descendants:
        for name in ("before_delete", "after_delete"):
            if list(getattr(each.dispatch, name, ())):
                found.add(name)
    return sorted(found)


def reasons_for_orm(parent, child):
    """What asks SQLAlchemy to delete the child's rows itself, beside listeners."""
    found = []
    name = child.class_.__qualname__
    if child.version_id_col is not None:
        found.append("%s.%s counts versions" % (name, child.version_id_col.name))
    if hasattr(child.class_, "__versioned__") or hasattr(child.class_, "__history_mapper__"):
        found.append("%s keeps a history of its rows" % name)
    table = child.local_table
    soft = next((each.name for each in getattr(table, "columns", ()) if SOFT_DELETE.match(each.name)), None)
    if soft is not None:
        found.append("%s.%s looks like a soft delete" % (name, soft))
    binds = [getattr(each.local_table, "info", {}).get("bind_key") for each in (parent, child)]
    if binds[0] != binds[1] or getattr(parent.local_table, "metadata", None) is not getattr(table, "metadata", None):
        found.append("%s and %s may be in different databases" % (parent.class_.__qualname__, name))
    return found


def relationship_facts(relationship):
    place = relationship.__dict__.get("_ondelete_place")
    reverse = sorted(relationship._reverse_property, key=lambda each: str(each))
    by_reverse = place is None and any(each.backref for each in reverse)
    if place is None:
        place = next((each.__dict__["_ondelete_place"] for each in reverse if each.__dict__.get("_ondelete_place")), None)
    secondary = relationship.secondary
    passive = relationship.passive_deletes
    return {
        "owner": relationship.parent.class_.__qualname__,
        "attribute": relationship.key,
        "target": relationship.mapper.class_.__qualname__,
        "direction": {"ONETOMANY": "one-to-many", "MANYTOONE": "many-to-one", "MANYTOMANY": "many-to-many"}[
            relationship.direction.name
        ],
        "keys": keys_behind(relationship),
        "cascade": sorted(relationship.cascade),
        "passiveDeletes": "all" if passive == "all" else bool(passive),
        "viewOnly": bool(relationship.viewonly),
        "loading": relationship.lazy if isinstance(relationship.lazy, str) else {True: "select", False: "joined", None: "noload"}.get(relationship.lazy, str(relationship.lazy)),
        "singleParent": bool(relationship.single_parent),
        "through": table_name(secondary) if hasattr(secondary, "name") and hasattr(secondary, "schema") else None,
        "reverse": "%s.%s" % (reverse[0].parent.class_.__qualname__, reverse[0].key) if reverse else None,
        "byReverse": by_reverse,
        "written": relationship.__dict__.get("_ondelete_written", {}),
        "deleteEvents": delete_events(relationship.mapper),
        "deletesByOrm": reasons_for_orm(relationship.parent, relationship.mapper),
        "place": place,
        "mark": mark_of(relationship),
    }


def inheritance_facts(mapper):
    if mapper.inherits is None or mapper.local_table is mapper.inherits.local_table or mapper.concrete:
        return None
    above = set(id(table) for table in mapper.inherits.tables)
    own = [column for column in getattr(mapper.local_table, "primary_key", ())]
    pairs = []
    for column in own:
        for key in column.foreign_keys:
            try:
                if id(key.column.table) in above:
                    pairs.append((key.column, column))
            except Exception:
                continue
    key = key_of(pairs)
    if key is None:
        return None
    return {
        "owner": mapper.class_.__qualname__,
        "parent": mapper.inherits.class_.__qualname__,
        "key": key,
        "passiveDeletes": bool(mapper.passive_deletes),
        "place": place_of_class(mapper.class_),
        "mark": mark_of(mapper.local_table),
    }


def note_events(facts, mapper):
    events = delete_events(mapper)
    table = mapper.local_table
    if not events or not hasattr(table, "schema"):
        return
    for each in facts.data["tables"]:
        if (each["schema"], each["name"]) == (table.schema, table.name):
            each["deleteEvents"] = sorted(set(each["deleteEvents"]) | set(events))


# What audit trails and soft deletes are made of; they hear of what the session deletes and of nothing else.
SESSION_EVENTS = ("before_flush", "after_flush", "after_flush_postexec", "persistent_to_deleted")


def session_events(facts):
    from sqlalchemy.orm import Session, sessionmaker

    classes = [Session] + list(subclasses_of(Session))
    classes += [thing.class_ for thing in gc.get_objects() if isinstance(thing, sessionmaker)]
    found = set()
    for cls in unique(classes):
        try:
            dispatch = cls.__new__(cls).dispatch
            found.update(name for name in SESSION_EVENTS if any(heard_by_application(each) for each in getattr(dispatch, name)))
        except Exception:
            continue
    if found:
        facts.data["notes"].append(
            "Listeners of the session (%s) hear of what the session deletes: not of bulk deletes, and not of rows that the database deletes."
            % ", ".join(sorted(found))
        )


def subclasses_of(cls):
    for each in cls.__subclasses__():
        yield each
        for below in subclasses_of(each):
            yield below


def heard_by_application(listener):
    return not (getattr(listener, "__module__", None) or "").startswith("sqlalchemy.")


def mapper_facts(facts, registries):
    for registry in registries:
        for mapper in sorted(registry.mappers, key=lambda each: each.class_.__qualname__):
            note_events(facts, mapper)
            # an inherited one belongs to the class that declares it
            for relationship in sorted(mapper.relationships, key=lambda each: each.key):
                if relationship.parent is not mapper:
                    continue
                try:
                    facts.data["relationships"].append(relationship_facts(relationship))
                except Exception as error:
                    facts.failed("relationships", str(relationship), error)
            try:
                inherited = inheritance_facts(mapper)
            except Exception as error:
                facts.failed("relationships", str(mapper), error)
                continue
            if inherited is not None:
                facts.data["inheritance"].append(inherited)


# ---- SQLite ----

def sqlite_enforces(facts):
    """Asks a connection in memory, made as the application makes its own, after its listeners are in place."""
    if facts.request["stubEngine"]:
        return None
    import sqlalchemy
    from sqlalchemy.engine import Engine

    for engine in gc.get_objects():
        if isinstance(engine, Engine) and engine.dialect.name == "sqlite" and list(engine.pool.dispatch.connect):
            names = set(getattr(each, "__module__", "") for each in engine.pool.dispatch.connect)
            if any(not name.startswith("sqlalchemy.") for name in names):
                return probe_like(engine)
    return ask(sqlalchemy.create_engine("sqlite://"))


def probe_like(engine):
    """A listener of one engine only: called on a connection in memory, never on the engine's own database."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        for listener in engine.pool.dispatch.connect:
            if not getattr(listener, "__module__", "").startswith("sqlalchemy."):
                listener(connection, None)
        return connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    except Exception:
        return None
    finally:
        connection.close()


def ask(engine):
    try:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys")
            return cursor.fetchone()[0] == 1
        finally:
            connection.close()
    except Exception:
        return None


def main(request):
    facts = Facts(request, "sqlalchemy", ", ".join(request["models"] + ([request["alembic"]] if request["alembic"] else [])))
    try:
        import sqlalchemy
    except ImportError:
        facts.error("environment", "no SQLAlchemy in %s" % sys.executable)
        return facts
    facts.data["ormVersion"] = sqlalchemy.__version__
    version = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2] if part.isdigit())
    if version < (1, 4):
        facts.error("environment", "SQLAlchemy %s is older than 1.4" % sqlalchemy.__version__)
        return facts
    import sqlalchemy.orm

    watch()
    if request["stubEngine"]:
        stub_engines()
    named, everything = import_models(facts)
    if request["alembic"]:
        named.extend(alembic_metadata(facts))
    if everything:
        named.extend(all_metadata())
    metadatas = sorted((each for each in unique(named) if has_own_tables(each)), key=lambda each: sorted(each.tables))
    if not metadatas and not facts.data["errors"]:
        facts.error("discover", "no table is known after the import")
    table_facts(facts, metadatas, dialect_named(request["dialect"]))
    mapper_facts(facts, configure(facts, registries_of(metadatas)))
    session_events(facts)
    if request["dialect"] == "sqlite":
        facts.data["sqliteForeignKeys"] = sqlite_enforces(facts)
    return facts


answer(main)

# Deletes for real: each model of the module `models`, in every way there is, and prints what became of the children.
# usage: python deletes.py URL [create]
import json
import os
import sys
import warnings

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, SAWarning
from sqlalchemy.orm import Session, selectinload

sys.path.insert(0, os.getcwd())
import models

warnings.simplefilter("ignore", SAWarning)
engine = create_engine(sys.argv[1])


def tables(pair):
    return pair[0].__table__, pair[1].__table__


def fill(connection, pair):
    parent, child = tables(pair)
    connection.execute(child.delete())
    connection.execute(parent.delete())
    connection.execute(parent.insert(), [{"id": 1}, {"id": 99}])
    rows = [{"p_id": 1}] if "id" not in child.c else [{"id": 1, "p_id": 1}, {"id": 2, "p_id": 1}]
    connection.execute(child.insert(), rows)


def classify(error):
    name = type(error).__name__
    said = str(error)
    if isinstance(error, IntegrityError):
        return "not-null-violation" if "NOT NULL" in said.upper() or "not-null" in said else "foreign-key-violation"
    if name == "AssertionError":
        return "primary-key-blanked"
    if name in ("InvalidRequestError", "ArgumentError", "LoaderStrategyException"):
        return "mapper-error"
    return "other: %s: %s" % (name, said.split("\n")[0])


def children_of(connection, pair):
    parent, child = tables(pair)
    parents = [row[0] for row in connection.execute(parent.select())]
    keys = [row.p_id for row in connection.execute(child.select())]
    if 1 in parents:
        return "parent kept"
    if not keys:
        return "deleted"
    if all(key is None for key in keys):
        return "nulled"
    if all(key == 99 for key in keys):
        return "defaulted"
    return "dangling" if all(key == 1 for key in keys) else "mixed %r" % keys


def unloaded(session, pair):
    session.delete(session.get(pair[0], 1))


def loaded(session, pair):
    side = pair[0].__mapper__.relationships.get("children")
    options = [selectinload(pair[0].children)] if side is not None and side.lazy == "raise" else []
    parent = session.get(pair[0], 1, options=options)
    children = getattr(parent, "children", None)
    if hasattr(children, "select"):
        session.scalars(children.select()).all()
    elif hasattr(children, "__iter__"):
        list(children)
    session.delete(parent)


def bulk(session, pair):
    session.query(pair[0]).filter(pair[0].id == 1).delete(synchronize_session=False)


def raw(session, pair):
    session.execute(text("DELETE FROM %s WHERE id = 1" % pair[0].__tablename__))


def outcome(pair, way):
    with engine.begin() as connection:
        fill(connection, pair)
    try:
        with Session(engine) as session:
            way(session, pair)
            session.commit()
    except Exception as error:
        return classify(error)
    with engine.connect() as connection:
        return children_of(connection, pair)


def child_alone(pair):
    """What else goes when one child is deleted."""
    parent, child = tables(pair)
    with engine.begin() as connection:
        fill(connection, pair)
    try:
        with Session(engine) as session:
            session.delete(session.query(pair[1]).first())
            session.commit()
    except Exception as error:
        return classify(error)
    with engine.connect() as connection:
        parents = len(connection.execute(parent.select()).fetchall())
        children = len([row for row in connection.execute(child.select()) if row.p_id == 1])
    return "alone" if parents == 2 and children == (1 if "id" in child.c else 0) else "more"


def removed(pair):
    """What becomes of a child that is taken out of the collection."""
    with engine.begin() as connection:
        fill(connection, pair)
    try:
        with Session(engine) as session:
            parent = session.get(pair[0], 1)
            children = getattr(parent, "children", None)
            if not isinstance(children, list) or not children:
                return None
            children.remove(children[0])
            session.commit()
    except Exception as error:
        return classify(error)
    return "removed"


def main():
    import sqlalchemy

    if "create" in sys.argv:
        for pair in models.MODELS.values():
            pair[0].metadata.create_all(engine)
    ways = [("unloaded", unloaded), ("loaded", loaded), ("bulk", bulk), ("raw", raw)]
    found = {}
    for name, pair in models.MODELS.items():
        found[name] = dict((way, outcome(pair, act)) for way, act in ways)
        found[name]["child"] = child_alone(pair)
        found[name]["removed"] = removed(pair)
    print(json.dumps({"version": sqlalchemy.__version__, "outcomes": found}))


main()

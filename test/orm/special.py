# Deletes for real: each case of the module that is named, in every way it knows, and prints what is left.
# usage: python special.py URL MODULE
import importlib
import json
import os
import sys
import warnings

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, SAWarning
from sqlalchemy.orm import Session

sys.path.insert(0, os.getcwd())
warnings.simplefilter("ignore", SAWarning)
cases = importlib.import_module(sys.argv[2]).CASES
engine = create_engine(sys.argv[1])


def row_text(row):
    return "-".join("" if value is None else str(value) for value in row)


def left(connection, case):
    return " / ".join(
        " ".join(sorted(row_text(row) for row in connection.execute(text("SELECT * FROM " + name))))
        for name in case["tables"]
    )


def outcome(case, way):
    with engine.begin() as connection:
        for name in reversed(case["tables"]):
            # trees are cleared from the leaves
            connection.execute(text("DELETE FROM %s" % name if not name.startswith("n_") else "UPDATE %s SET up = NULL" % name))
            connection.execute(text("DELETE FROM " + name))
        for row in case["rows"]:
            connection.execute(text(row))
    try:
        with Session(engine) as session:
            way(session)
            session.commit()
    except IntegrityError as error:
        said = str(error)
        return "not-null-violation" if "NOT NULL" in said.upper() or "not-null" in said else "foreign-key-violation"
    with engine.connect() as connection:
        return left(connection, case)


outcomes = {}
for id, case in cases.items():
    case["metadata"].create_all(engine)
    with engine.begin() as connection:
        for statement in case["live"]:
            connection.execute(text(statement))
    outcomes[id] = {name: outcome(case, way) for name, way in case["ways"].items()}
print(json.dumps(outcomes))

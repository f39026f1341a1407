# Django at work in the folder it is started in: `migrate` makes the tables of the app `app` with Django's own schema editor,
# `deletes` deletes for real, in every way there is, and prints what became of the children.
# usage: python django-runner.py migrate | deletes
import json
import os
import sys

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from app.models import PAIRS
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, RestrictedError, prefetch_related_objects


def create():
    with connection.schema_editor() as editor:
        for parent, child in PAIRS.values():
            editor.create_model(parent)
            editor.create_model(child)


def raw(parent):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM %s WHERE id = 1" % connection.ops.quote_name(parent._meta.db_table))


def loaded(parent):
    one = parent.objects.get(pk=1)
    prefetch_related_objects([one], "children")
    one.delete()


WAYS = {
    "unloaded": lambda parent: parent.objects.get(pk=1).delete(),
    "loaded": loaded,
    "queryset": lambda parent: parent.objects.filter(pk=1).delete(),
    "bulk": lambda parent: parent.objects.filter(pk=1)._raw_delete("default"),
    "raw": raw,
}


def happened(way, parent, child):
    """What became of the children, in a transaction that is rolled back."""
    try:
        with transaction.atomic():
            parent.objects.bulk_create([parent(id=1), parent(id=99)])
            child.objects.bulk_create([child(parent_id=1), child(parent_id=1)])
            with transaction.atomic():
                way(parent)
                # Django's keys are deferred
                if child._meta.get_field("parent").db_constraint:
                    connection.check_constraints([child._meta.db_table])
            keys = set(child.objects.values_list("parent_id", flat=True))
            transaction.set_rollback(True)
    except (ProtectedError, RestrictedError):
        return "refused-by-orm"
    except IntegrityError as error:
        said = str(error)
        return "not-null-violation" if "NOT NULL" in said.upper() or "not-null" in said else "foreign-key-violation"
    names = {(): "deleted", (None,): "nulled", (99,): "defaulted", (1,): "dangling"}
    return names.get(tuple(keys), "mixed %r" % keys)


if sys.argv[1] == "migrate":
    create()
else:
    found = {name: {key: happened(way, *pair) for key, way in WAYS.items()} for name, pair in PAIRS.items()}
    print(json.dumps(found))

# Reads the models of a Django project (3.2 and later) and answers with facts about them. Runs behind run/base.py,
# before-import.py and places.py in the project's own Python, with nothing but the standard library and the Django that it
# finds there. It calls django.setup(), which runs the project's code; it opens no database.
# request: {"models": ["project.settings:alias"], "managePy": "manage.py"}
import re

OLDEST = (3, 2)
CONTRIB = "django.contrib.contenttypes.fields"


# ---- tables and keys ----

def table_name(options):
    """Django has no schemas; `"billing"."invoice"` as a table's name is how people help themselves."""
    match = re.match(r'^"?([^"]+)"\."([^"]+)"?$', options.db_table)
    if match:
        return {"schema": match.group(1), "name": match.group(2)}
    return {"schema": None, "name": options.db_table.strip('"')}


def column_of(field):
    return (field.column or "").strip('"')


def actions_of(field):
    """(what the DDL says, what the collector does, how the model writes it); the second is None where it does nothing."""
    from django.db.models import NOT_PROVIDED, deletion

    on_delete = field.remote_field.on_delete
    name = getattr(on_delete, "__name__", type(on_delete).__name__)
    if hasattr(on_delete, "on_delete_sql"):  # Django 6.1: DB_CASCADE and its like
        return on_delete.operation, None, "models.DB_%s" % on_delete.operation.replace(" ", "_")
    default = "SET NULL" if field.default in (None, NOT_PROVIDED) else "SET VALUE"
    known = {
        "CASCADE": "CASCADE",
        "SET_NULL": "SET NULL",
        # a default is Django's own, unless the column is given one (Django 5)
        "SET_DEFAULT": default if getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED else "SET DEFAULT",
        "PROTECT": "RESTRICT",
        "RESTRICT": "RESTRICT",
        "DO_NOTHING": "NOTHING",
    }
    if name in known and on_delete is getattr(deletion, name, None):
        return None, known[name], "models.%s" % name
    deconstruct = getattr(on_delete, "deconstruct", None)
    if callable(deconstruct) and deconstruct()[0] == "django.db.models.SET":
        return None, "SET VALUE", "models.SET(…)"
    return None, "NOTHING", name


def key_facts(facts, field):
    options = field.model._meta
    target = field.foreign_related_fields[0].model
    on_delete, application, text = actions_of(field)
    written = {"model": field.model, "attribute": field.name, "text": "on_delete=%s" % text, "by": None}
    if options.auto_created:
        many = next(each for each in options.auto_created._meta.local_many_to_many if each.remote_field.through is field.model)
        owner = options.auto_created
        by = "%s.%s" % (owner._meta.object_name, many.name)
        written = {"model": owner, "attribute": many.name, "text": type(many).__name__, "by": by}
    elif field.auto_created:
        text = "class %s(%s)" % (options.object_name, field.remote_field.model._meta.object_name)
        written = {"model": field.model, "attribute": None, "text": text, "by": None}
    place = place_of(written["model"], written["attribute"])
    if application == "NOTHING" and text != "models.DO_NOTHING":
        name = "%s.%s" % (options.object_name, field.name)
        facts.data["notes"].append("%s%s: %s is a function of the project’s own; what it does is not known." % (name, at(place), text))
    return {
        "child": table_name(options),
        "columns": [column_of(own) for own, _ in field.related_fields],
        "parent": table_name(target._meta),
        "parentColumns": [column_of(other) for _, other in field.related_fields],
        "group": options.app_label,
        "name": None,
        "onDelete": on_delete,
        "onDeleteWritten": True,
        "constrained": bool(getattr(field, "db_constraint", False)) and options.managed,
        "application": None
        if application is None
        else {"onDelete": application, "text": written["text"], "when": "always", "by": written["by"], "place": place},
        "place": place,
        "mark": mark_of(written["model"], written["attribute"]) if written["attribute"] else None,
    }


def keys_of(options):
    return [field for field in options.local_fields if field.remote_field and (field.many_to_one or field.one_to_one)]


def table_facts(facts, models):
    for model in models:
        options = model._meta
        in_key = set(getattr(options, "pk_fields", [options.pk]))
        facts.data["tables"].append(dict(
            table_name(options),
            group=options.app_label,
            columns=[
                {"name": column_of(field), "nullable": bool(field.null), "primaryKey": field in in_key}
                for field in options.local_concrete_fields
            ],
            place=place_of(options.auto_created or model),
        ))
        for field in keys_of(options):
            try:
                facts.data["foreignKeys"].append(key_facts(facts, field))
            except Exception as error:
                facts.failed("keys", "%s.%s" % (options.label, field.name), error)


# ---- what no key tells ----

def listed(names):
    names = sorted(set(names))
    return ", ".join(names[:8]) + (" and %d more" % (len(names) - 8) if len(names) > 8 else "")


def notes_about_receivers(facts, models):
    from django.db.models import signals

    passed, never = {}, {}
    for model in models:
        names = [name for name in ("pre_delete", "post_delete") if getattr(signals, name).has_listeners(model)]
        actions = [actions_of(field)[:2] for field in keys_of(model._meta)]
        if not names or model._meta.auto_created:
            continue
        if ("CASCADE", None) in actions:
            never.setdefault(" and ".join(names), []).append(model._meta.object_name)
        elif (None, "CASCADE") in actions:
            passed.setdefault(" and ".join(names), []).append(model._meta.object_name)
    for names, children in sorted(passed.items()):
        facts.data["notes"].append(
            "Receivers of %s of %s are called for what Django deletes; rows that a cascade of the database deletes pass them by."
            % (names, listed(children))
        )
    for names, children in sorted(never.items()):
        facts.data["notes"].append(
            "Receivers of %s of %s are not called for rows that go by DB_CASCADE, whoever deletes the parent." % (names, listed(children))
        )


def notes_about_generic_keys(facts, models):
    fields = sys.modules.get(CONTRIB)
    if fields is None:
        return
    for model in models:
        for field in model._meta.private_fields:
            if any(field.name == inherited.name for parent in model._meta.parents for inherited in parent._meta.private_fields):
                continue
            name = "%s.%s%s" % (model._meta.object_name, field.name, at(place_of(model, field.name)))
            if isinstance(field, fields.GenericForeignKey):
                facts.data["notes"].append(
                    "%s is a GenericForeignKey: no key of the database knows it, and nobody deletes its rows but a GenericRelation." % name
                )
            elif isinstance(field, fields.GenericRelation):
                facts.data["notes"].append(
                    "%s is a GenericRelation: Django deletes these %s with their %s; plain SQL leaves them behind."
                    % (name, field.remote_field.model._meta.object_name, model._meta.object_name)
                )


def notes_about_managers(facts, models):
    hiding = [model._meta.object_name for model in models if model._meta.base_manager_name]
    if hiding:
        facts.data["notes"].append(
            "Children are found through base_manager_name of %s: rows that it hides are neither deleted nor protected by Django." % listed(hiding)
        )


# ---- migrations ----

def newest_migrations(facts):
    """The leaves of every app's migrations, by their files; which of them are applied is not asked."""
    from django.db.migrations.loader import MigrationLoader

    newest = {}
    try:
        for app, name in MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes():
            newest.setdefault(app, []).append(name)
    except BaseException as error:  # sys.exit() as well
        facts.data["notes"].append(
            "The migrations could not be read: %s: %s" % (type(error).__name__, str(error).split("\n")[0])
        )
    return newest


# ---- databases ----

def models_of(facts, alias):
    """The models that have a table of their own in this database, by what the routers say."""
    from django.apps import apps
    from django.conf import settings
    from django.db import router

    if alias not in settings.DATABASES:
        facts.error("discover", "DATABASES has no %r" % alias)
        return []
    own = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    if not settings.DATABASE_ROUTERS:
        return own
    here, elsewhere = [], []
    for model in own:
        try:
            (here if router.allow_migrate_model(alias, model) else elsewhere).append(model)
        except Exception as error:
            facts.failed("routers", model._meta.label, error)
            here.append(model)
    if elsewhere:
        names = listed(model._meta.object_name for model in elsewhere)
        facts.data["notes"].append(
            "The routers keep %s out of the database %r: not read. Name another with --models settings:alias." % (names, alias)
        )
    return here


def main(request):
    facts = Facts(request, "django", "")
    try:
        import django
    except ImportError:
        facts.error("environment", "no Django in %s" % sys.executable)
        return facts
    facts.data["ormVersion"] = django.get_version()
    if django.VERSION[:2] < OLDEST:
        facts.error("environment", "Django %s is older than %d.%d" % ((django.get_version(),) + OLDEST))
        return facts
    name, alias = settings_of(facts)
    if name is None:
        return facts
    facts.data["source"] = name if alias == "default" else "%s:%s" % (name, alias)
    facts.data["comparesActions"] = False
    if not set_up(facts, name):
        return facts
    models = models_of(facts, alias)
    if not models and not facts.data["errors"]:
        facts.error("discover", "INSTALLED_APPS of %s has no models" % name)
    table_facts(facts, models)
    notes_about_receivers(facts, models)
    notes_about_generic_keys(facts, models)
    notes_about_managers(facts, models)
    facts.data["newestMigrations"] = newest_migrations(facts)
    facts.sort()
    return facts


answer(main)

# Reads the models of a Django project (3.2 and later) and answers with facts about them. Runs behind python-probe.py in the
# project's own Python, with nothing but the standard library and the Django that it finds there. It calls django.setup(),
# which runs the project's code; it opens no database, and a driver that is not there has a stand-in.
# request: {"models": ["project.settings:alias"], "managePy": "manage.py"}
import ast
import importlib
import importlib.abc
import importlib.machinery
import re
import types

OLDEST = (3, 2)
CONTRIB = "django.contrib.contenttypes.fields"


# ---- settings ----

def settings_of(facts):
    """The settings module and the database's alias: as named, else as the environment says, else as manage.py does."""
    named, _, alias = (facts.request["models"] or [""])[0].partition(":")
    if named.endswith(".py"):
        return settings_in(facts, named), alias or "default"
    named = named or os.environ.get("DJANGO_SETTINGS_MODULE")
    return named or settings_in(facts, facts.request["managePy"]), alias or "default"


def settings_in(facts, path):
    """What manage.py sets DJANGO_SETTINGS_MODULE to; it is read and not run."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError) as error:
        facts.failed("settings", path, error)
        return None
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    found = os.environ.get("DJANGO_SETTINGS_MODULE") or next(filter(None, map(setting_set_by, ast.walk(tree))), None)
    if found is None:
        facts.error("settings", "%s names no settings as a plain text" % path)
    return found


def setting_set_by(node):
    """The text in os.environ.setdefault("DJANGO_SETTINGS_MODULE", text) and in os.environ["DJANGO_SETTINGS_MODULE"] = text."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault":
        name, value = (node.args + [None, None])[:2]
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        name, value = node.targets[0].slice, node.value
        name = getattr(name, "value", name) if not isinstance(name, ast.Constant) else name
    else:
        return None
    texts = [each.value for each in (name, value) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return texts[1] if len(texts) == 2 and texts[0] == "DJANGO_SETTINGS_MODULE" else None


# ---- no database and no driver ----

class Driver(types.ModuleType):
    """A module in place of psycopg2, which parts of Django import together with fields."""

    __version__ = "2.9.9"
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("errors", "extensions", "extras", "sql"):
            return importlib.import_module("%s.%s" % (self.__name__, name))
        made = 0 if name.isupper() else type(name, (object,), {"__init__": lambda self, *args, **kwargs: None})
        setattr(self, name, made)
        return made


class Drivers(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last of all: only for what is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "psycopg2":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Driver(spec.name)

    def exec_module(self, module):
        pass


def stand_in(engine):
    """A backend whose driver is missing, as far as models ask for it: how long a name may be."""
    from django.db.backends.sqlite3 import base

    known = {"postgres": ("postgresql", 63), "postgis": ("postgresql", 63), "mysql": ("mysql", 64), "oracle": ("oracle", 30)}
    kind, length = next((value for name, value in known.items() if name in engine), ("unknown", None))

    class Operations(base.DatabaseWrapper.ops_class):
        def max_name_length(self):
            return length

    class DatabaseWrapper(base.DatabaseWrapper):
        vendor = kind
        ops_class = Operations

    return type("base", (object,), {"DatabaseWrapper": DatabaseWrapper})


def close_databases():
    """From here on nobody gets a connection, whatever the project does when it starts."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import utils
    from django.db.backends.base.base import BaseDatabaseWrapper

    load = utils.load_backend

    def load_backend(engine):
        try:
            return load(engine)
        except (ImportError, ImproperlyConfigured):
            return stand_in(engine)

    def connect(self):
        raise utils.OperationalError("models are read without a database")

    utils.load_backend = load_backend
    BaseDatabaseWrapper.connect = connect
    sys.meta_path.append(Drivers())


def set_up(facts, name):
    """django.setup(); whether the models are known after it."""
    import django
    from django.apps import apps
    from django.conf import settings

    try:
        os.environ["DJANGO_SETTINGS_MODULE"] = name
        importlib.import_module(name)
        # no log files
        settings.LOGGING_CONFIG = None
        close_databases()
    except BaseException as error:  # sys.exit() as well
        facts.failed("import", name, error)
        return False
    try:
        django.setup()
    except BaseException as error:
        if not apps.models_ready:
            facts.failed("import", "django.setup()", error)
            return False
        place = place_of_error(error)
        facts.data["notes"].append(
            "An app’s ready() failed%s: %s: %s. Models are complete; receivers that it and later apps connect are not known."
            % (at(place), type(error).__name__, str(error).split("\n")[0])
        )
    return True


# ---- where fields are written ----

class Source(object):
    """A module's classes and their attributes, by line."""

    known = {}

    def __init__(self, filename):
        self.classes = {}
        self.lines = []
        try:
            with open(filename, "rb") as file:
                text = file.read().decode("utf-8", "replace")
            self.lines = text.split("\n")
            self.collect(ast.parse(text).body, "")
        except (OSError, SyntaxError, ValueError):
            pass

    @classmethod
    def of(cls, model):
        filename = getattr(sys.modules.get(model.__module__), "__file__", None)
        if not filename or not is_own_code(filename):
            return None, None
        if filename not in cls.known:
            cls.known[filename] = cls(filename)
        return cls.known[filename], filename

    def collect(self, statements, prefix, attributes=None):
        for node in statements:
            if isinstance(node, ast.ClassDef):
                own = {}
                self.classes[prefix + node.name] = (node, own)
                self.collect(node.body, prefix + node.name + ".", own)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and attributes is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        attributes[target.id] = node
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                inner = [getattr(node, part, []) for part in ("body", "orelse", "finalbody")]
                for part in inner + [each.body for each in getattr(node, "handlers", [])]:
                    self.collect(part, prefix, attributes)


def find(model, attribute=None):
    """The statement that makes an attribute, in the class or in those above it; the class where there is none."""
    for cls in model.__mro__ if attribute else [model]:
        source, filename = Source.of(cls)
        node, attributes = source.classes.get(cls.__qualname__, (None, {})) if source else (None, {})
        node = attributes.get(attribute) if attribute else node
        if node is not None:
            return source, filename, node
    return find(model) if attribute else (None, None, None)


def place_of(model, attribute=None):
    _, filename, node = find(model, attribute)
    return None if node is None else {"file": shown(filename), "line": node.lineno}


def mark_of(model, attribute):
    """What a comment `# ondelete: …` says, beside the field or on the line above it."""
    source, _, node = find(model, attribute)
    if node is None or isinstance(node, ast.ClassDef):
        return None
    above = source.lines[node.lineno - 2].strip() if node.lineno > 1 else ""
    beside = source.lines[node.lineno - 1:getattr(node, "end_lineno", node.lineno)]
    for line in ([above] if above.startswith("#") else []) + beside:
        match = re.search(r"#\s*ondelete:\s*(.+?)\s*$", line)
        if match:
            return match.group(1)
    return None


def at(place):
    return "" if place is None else " (%s:%d)" % (place["file"], place["line"])


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
    facts.sort()
    return facts


answer(main)

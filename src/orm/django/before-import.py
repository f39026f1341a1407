# How a Django project is started to be read: its settings found, no database opened, no driver needed. Runs between
# run/base.py and read-models.py.
import ast
import importlib
import importlib.abc
import importlib.machinery
import types


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

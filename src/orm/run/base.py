# What the readers of Python's ORMs share: facts, where things are written, and an answer that nothing the application prints
# can get into. It is sent to the application's own Python before the reader itself, as one program on standard input.
# usage: cat run/base.py sqlalchemy/read-models.py | python - '{"marker": "…", …}'
import os
import sys

# Facts go to where standard output was; whatever is printed from here on goes to standard error.
FACTS = os.dup(1)
os.dup2(2, 1)

import json
import traceback

HERE = os.getcwd()
OWN = __file__ if "__file__" in globals() else "<stdin>"
LIBRARY = os.path.dirname(os.__file__) + os.sep


class Facts(object):
    def __init__(self, request, orm, source):
        self.request = request
        self.data = {
            "version": 1,
            "orm": orm,
            "ormVersion": None,
            "source": source,
            "tables": [],
            "foreignKeys": [],
            "relationships": [],
            "inheritance": [],
            "sqliteForeignKeys": None,
            "errors": [],
            "notes": [],
        }

    def error(self, stage, message, place=None):
        first = str(message).strip().split("\n")[0]
        self.data["errors"].append({"stage": stage, "message": first, "place": place})

    def failed(self, stage, what, error):
        text = "%s: %s: %s" % (what, type(error).__name__, error) if what else "%s: %s" % (type(error).__name__, error)
        self.error(stage, text, place_of_error(error))

    def sort(self):
        self.data["tables"].sort(key=lambda each: (each["schema"] or "", each["name"]))
        self.data["foreignKeys"].sort(
            key=lambda each: (each["child"]["schema"] or "", each["child"]["name"], each["columns"], each["parent"]["name"])
        )

    def send(self):
        marker = self.request["marker"]
        text = "\n%s\n%s\n%s\n" % (marker, json.dumps(self.data), marker)
        data = text.encode("utf-8")
        while data:
            data = data[os.write(FACTS, data):]


def is_own_code(filename):
    """Whether a frame belongs to the application rather than to a library or to this file."""
    if not filename or filename == OWN or filename.startswith("<"):
        return False
    parts = filename.replace(os.sep, "/").split("/")
    if "site-packages" in parts or "dist-packages" in parts:
        return False
    return not filename.startswith(LIBRARY)


def shown(filename):
    path = os.path.abspath(filename)
    path = os.path.relpath(path, HERE) if path.startswith(HERE + os.sep) else path
    return path.replace(os.sep, "/")


def place_of_frame():
    frame = sys._getframe(2)
    while frame is not None:
        if is_own_code(frame.f_code.co_filename):
            return {"file": shown(frame.f_code.co_filename), "line": max(1, frame.f_lineno or 1)}
        frame = frame.f_back
    return None


def place_of_error(error):
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return {"file": shown(error.filename), "line": max(1, error.lineno)}
    found = None
    for entry in traceback.extract_tb(error.__traceback__):
        if is_own_code(entry[0]):
            found = {"file": shown(entry[0]), "line": max(1, entry[1] or 1)}
    return found


def place_of_class(cls):
    module = sys.modules.get(cls.__module__)
    filename = getattr(module, "__file__", None)
    if not filename or not is_own_code(filename):
        return None
    try:
        import inspect

        return {"file": shown(filename), "line": max(1, inspect.getsourcelines(cls)[1])}
    except Exception:
        return None


def answer(main):
    """Sends the facts that main makes of the request, and ends."""
    request = json.loads(sys.argv[1])
    del sys.argv[1:]
    if "" not in sys.path and HERE not in sys.path:
        sys.path.insert(0, HERE)
    code = 0
    try:
        main(request).send()
    except BaseException:
        traceback.print_exc()
        code = 3
    sys.stderr.flush()
    # threads of the application and its atexit hooks are not waited for
    os._exit(code)

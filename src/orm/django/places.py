# Where the fields of Django's models are written, by the text of their modules. Runs between run/base.py and
# read-models.py.
import ast
import re


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

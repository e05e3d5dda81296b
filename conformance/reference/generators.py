"""This module is generators' bodies: each becomes a Python function with real locals, so that a
generator is one object of the collector, as in any Python program.

A body's own names are its parameters and those assigned in it, with `own_` before them; all else is
an operand that a helper evaluates.
"""
from . import machine, values

_FILE_NAME = "a generator's body"


class Body:
    """Collects a body's statements as Python source. `operand` takes an operand as words.read_operand
    reads it, and the program's operand. `line` is that of the statement to add next."""

    def __init__(self, name, parameters, own, line):
        self.name = name
        self.parameters = parameters
        self.own = own
        self.line = line
        self.part = "body"
        self.lines = {"body": [], "finally": []}  # (line, source)
        self.space = {"__builtins__": {}, "attribute": values.get_attribute, "item": values.get_item,
                      "evaluate": values.evaluate, "labelled": values.labelled, "note": add_note,
                      "describe": machine.describe, "drop": machine.drop}

    def constant(self, value):
        """The name in the source for a fixed object."""
        name = "constant%d" % len(self.space)
        self.space[name] = value
        return name

    def operand(self, read, operand):
        """The source of an operand."""
        kind, text, accessors = read
        if kind != "name" or text not in self.own:
            return "evaluate(%s)" % self.constant(operand)
        source = "own_" + text
        layers = []
        while operand[0] is not values.name_operand:
            layers.append(operand)
            operand = operand[1]
        for layer, (accessor, key) in zip(reversed(layers), accessors):
            if accessor == "attribute":
                source = "attribute(%s, %r)" % (source, key)
            elif accessor == "name" and key in self.own:
                source = "item(%s, own_%s)" % (source, key)
            else:
                source = "item(%s, evaluate(%s))" % (source, self.constant(layer[2]))
        return source

    def add(self, source):
        self.lines[self.part].append((self.line, source))

    def add_yield(self, source):
        self.add("yield " + source)

    def add_store(self, name, builder, makes, sources):
        """NAME = EXPRESSION; a builder of None stands for an operand."""
        if builder is None:
            self.add("own_%s = %s" % (name, sources[0]))
            return
        called = self.constant(builder)
        source = "%s([%s])" % (called, ", ".join(sources))
        if makes:
            source = "labelled(%s, %s, %r)" % (called, source, name)
        self.add("own_%s = %s" % (name, source))

    def add_delete(self, name, slot):
        self.add("del own_" + name if name in self.own else "drop(%d)" % slot)

    def add_note(self, parts):
        """Parts: ready words, or (source,)."""
        texts = [repr(part) if type(part) is str else "describe(%s)" % part[0] for part in parts]
        self.add("note(%s)" % " + ' ' + ".join(texts))

    def function(self):
        """The Python function. Its globals tell which line each Python line came from."""
        body = self.lines["body"] or [(self.line, "pass")]
        if not any(source.startswith("yield ") for _, source in body):
            body = body + [(self.line, "if None: yield")]
        source = [(self.line, "def body(%s):" % ", ".join("own_" + name for name in self.parameters))]
        if self.lines["finally"]:
            source.append((self.line, " try:"))
            source += [(line, "  " + text) for line, text in body]
            source.append((self.line, " finally:"))
            source += [(line, "  " + text) for line, text in self.lines["finally"]]
        else:
            source += [(line, " " + text) for line, text in body]
        self.space["lines"] = tuple(line for line, _ in source)
        exec(compile("\n".join(text for _, text in source), _FILE_NAME, "exec"), self.space)
        made = self.space.pop("body")
        made.__name__ = made.__qualname__ = self.name
        return made


def failing_line(error, line):
    """The line of a generator's statement where an error came from one, else the line given."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE_NAME:
            line = trace.tb_frame.f_globals["lines"][trace.tb_lineno - 1]
        trace = trace.tb_next
    return line


def add_note(text):
    """`note` in a generator's body."""
    if machine.running:
        machine.log.append(text)

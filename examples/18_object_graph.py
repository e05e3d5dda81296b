"""The object graph; see 18_object_graph.c for the lesson in words. With a file's name this writes
the picture as a text for Graphviz: `18_object_graph.py order.dot`, then `dot -Tsvg order.dot`."""

import gc
import sys

gc.disable()
gc.collect()


class Order:
    __slots__ = ("customer", "lines")


class Customer:
    __slots__ = ("order",)


class Line:
    __slots__ = ("product",)


class Product:
    __slots__ = ()


def make_order():
    order = Order()
    customer = Customer()
    product = Product()
    lines = []
    for _ in range(2):
        line = Line()
        line.product = product
        lines.append(line)
    customer.order = order
    order.customer = customer
    order.lines = lines
    return order


def find_references(start):
    """The objects that can be reached, and the references between them as pairs of places."""
    seen, references = [start], []
    for place, thing in enumerate(seen):  # which grows meanwhile
        for referent in gc.get_referents(thing):
            if isinstance(referent, type):
                continue
            known = next((at for at, other in enumerate(seen) if other is referent), None)
            if known is None:
                seen.append(referent)
            references.append((place, len(seen) - 1 if known is None else known, known is not None))
    return seen, references


def show(order):
    seen, references = find_references(order)
    names = [f"{place} {type(thing).__name__}" for place, thing in enumerate(seen)]
    for place, to, known in references:
        print(f"{names[place]} -> {names[to]}{', seen before' if known else ''}")
    print("objects:", len(seen))
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            lines = [f'    "{names[place]}" -> "{names[to]}"' for place, to, _ in references]
            print("digraph order {", *lines, "}", sep="\n", file=file)


order = make_order()
show(order)
del order
print("the order is forgotten: gc.collect() returns", gc.collect())

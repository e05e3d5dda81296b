/**
 * This module is a drawing as text in Graphviz's language DOT.
 *
 * Every label is an HTML-like one, in which & < > " ' mean something, and, as in every label, a
 * backslash (`\N` would be the node's name): the first are written as entities, the last is
 * doubled, and what is no UTF-8 or no character of XML becomes U+FFFD.
 */
#include "base/system_memory.h"
#include "base/utf8.h"
#include "graph/drawing_data.h"
#include "graph/graph_map.h"

#include <inttypes.h>
#include <string.h>

/* How many names the line of several references bears. */
enum { LINE_NAMES = 3 };

/* All references from one object to another are one line. */
typedef struct line {
    uint32_t target; /* place */
    size_t count;
    hm_edge first[LINE_NAMES];
} line;

typedef struct dot_writer {
    const hm_drawing *drawing;
    FILE *file;
    line *lines;       /* of the object being written, in the order of its references */
    uint32_t *line_of; /* 1 + line of each place; 0: none. */
    size_t line_count;
} dot_writer;

static void write_entity(FILE *file, uint32_t code)
{
    char bytes[HM_UTF8_BYTES];
    if (code == '&')
        fputs("&amp;", file);
    else if (code == '<')
        fputs("&lt;", file);
    else if (code == '>')
        fputs("&gt;", file);
    else if (code == '"')
        fputs("&quot;", file);
    else if (code == '\'')
        fputs("&#39;", file);
    else if (code == '\\')
        fputs("\\\\", file);
    else if (code < 0x20 || code == 0x7f)
        fputs("\xef\xbf\xbd", file);
    else
        fwrite(bytes, 1, hm_utf8_encode(code, bytes), file);
}

static void write_escaped(FILE *file, const char *text)
{
    const char *end = text + strlen(text);
    while (text < end)
        write_entity(file, hm_utf8_decode(&text, end));
}

static void write_head(const dot_writer *out)
{
    fputs("digraph heap {\n"
          "  graph [fontname=\"Helvetica\", fontsize=13, ranksep=0.55, nodesep=0.3, pad=0.2];\n"
          "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11,"
          " color=\"#5f6b7a\", margin=\"0.15,0.08\"];\n"
          "  edge [fontname=\"Helvetica\", fontsize=9, fontcolor=\"#3c4654\", color=\"#5f6b7a\","
          " arrowsize=0.7];\n",
          out->file);
    if (out->drawing->options.title == NULL || out->drawing->options.title[0] == '\0')
        return;
    fputs("  label=<", out->file);
    write_escaped(out->file, out->drawing->options.title);
    fputs(">;\n", out->file);
}

/* From warm to pale with the distance from the start. */
static void write_fill(const dot_writer *out, size_t depth)
{
    static const int warm[] = {0xff, 0xcf, 0x87};
    static const int pale[] = {0xee, 0xf3, 0xf9};
    const hm_graph_nodes *depths = &out->drawing->depths;
    size_t deepest = depths->nodes[depths->length - 1];
    int color[3];
    for (size_t channel = 0; channel < 3; channel++) {
        double share = deepest == 0 ? 0 : (double)depth / (double)deepest;
        color[channel] = (int)(warm[channel] + share * (pale[channel] - warm[channel]) + 0.5);
    }
    fprintf(out->file, ", fillcolor=\"#%02x%02x%02x\"", (unsigned)color[0], (unsigned)color[1],
            (unsigned)color[2]);
}

static void write_facts(const dot_writer *out, const hm_object *object)
{
    fputs("<br/><font point-size=\"9\" color=\"#3c4654\">", out->file);
    if (hm_is_immortal(object))
        fputs("immortal", out->file);
    else
        fprintf(out->file, "count %" PRIu32, object->reference_count);
    fprintf(out->file, " · %zu bytes", hm_object_size(object));
    if (object->type->finalize != NULL && (object->type->flags & HM_TYPE_INSTANCE))
        fputs(" · finalizer", out->file);
    if (out->drawing->options.addresses)
        fprintf(out->file, "<br/>0x%" PRIxPTR, (uintptr_t)object);
    fputs("</font>", out->file);
}

static void write_label(const dot_writer *out, hm_object *object)
{
    char text[HM_REPR_BYTES];
    fputs("label=<<b>", out->file);
    hm_repr_type(object, text);
    write_escaped(out->file, text[0] == '\0' ? "?" : text);
    fputs("</b>", out->file);
    hm_repr_write(object, text);
    if (text[0] != '\0')
        fputs("<br/>", out->file);
    write_escaped(out->file, text);
    write_facts(out, object);
    fputs(">", out->file);
}

static void write_node(const dot_writer *out, size_t place)
{
    const hm_drawing *drawing = out->drawing;
    hm_graph_node node = drawing->nodes.nodes[place];
    const hm_drawing_options *options = &drawing->options;
    fprintf(out->file, "  n%zu [", place);
    write_label(out, hm_graph_object(drawing->graph, node));
    if (options->highlight != NULL && options->highlight(drawing->graph, node, options->context))
        fputs(", fillcolor=\"#a5dba2\", color=\"#1f7a2e\", penwidth=2", out->file);
    else
        write_fill(out, drawing->depths.nodes[place]);
    if (!hm_is_immortal(hm_graph_object(drawing->graph, node)) &&
        !hm_graph_is(drawing->graph, node, HM_NODE_ALIVE))
        fputs(", style=\"filled,rounded,dashed\"", out->file);
    fputs("];\n", out->file);
}

static void add_reference(dot_writer *out, hm_graph_node referent, const hm_edge *edge)
{
    uint32_t place = out->drawing->place[referent];
    if (place == 0)
        return;
    if (out->line_of[place - 1] == 0) {
        out->lines[out->line_count] = (line){.target = place - 1};
        out->line_of[place - 1] = (uint32_t)++out->line_count;
    }
    line *found = &out->lines[out->line_of[place - 1] - 1];
    if (found->count < LINE_NAMES)
        found->first[found->count] = *edge;
    found->count++;
}

static void add_edge(const hm_edge *edge, void *context)
{
    dot_writer *out = context;
    hm_graph_node referent = hm_graph_find(out->drawing->graph, edge->referent);
    if (referent != HM_GRAPH_NONE && hm_drawing_shows(out->drawing, edge, referent))
        add_reference(out, referent, edge);
}

/* `label=<[0], [1], [2], … 4 more>`, a space away from the line; nothing where there is no name. */
static void write_names(const dot_writer *out, const line *drawn)
{
    size_t named = drawn->count < LINE_NAMES ? drawn->count : LINE_NAMES;
    char name[HM_EDGE_NAME_BYTES];
    bool first = true;
    for (size_t index = 0; index < named; index++) {
        hm_edge_name(&drawn->first[index], name);
        if (name[0] == '\0')
            continue;
        fputs(first ? "label=<&#160;" : ", ", out->file);
        write_escaped(out->file, name);
        first = false;
    }
    if (drawn->count > LINE_NAMES) {
        fprintf(out->file, first ? "label=<&#160;%zu references" : ", … %zu more",
                first ? drawn->count : drawn->count - LINE_NAMES);
        first = false;
    }
    if (!first)
        fputs(">", out->file);
}

/* Writes the lines gathered, from `source`, and forgets them. */
static void write_lines(dot_writer *out, const char *source, uint32_t cycle)
{
    for (size_t index = 0; index < out->line_count; index++) {
        const line *drawn = &out->lines[index];
        hm_graph_node target = out->drawing->nodes.nodes[drawn->target];
        fprintf(out->file, "  %s -> n%" PRIu32 " [", source, drawn->target);
        write_names(out, drawn);
        if (cycle != 0 && cycle == out->drawing->cycles.of_node[target])
            fputs(" color=\"#d1242f\" penwidth=1.8", out->file);
        fputs("];\n", out->file);
        out->line_of[drawn->target] = 0;
    }
    out->line_count = 0;
}

static void write_references(dot_writer *out, size_t place)
{
    char source[32];
    hm_graph_node node = out->drawing->nodes.nodes[place];
    hm_edge_traverse(hm_graph_object(out->drawing->graph, node), add_edge, out);
    snprintf(source, sizeof source, "n%zu", place);
    write_lines(out, source, out->drawing->cycles.of_node[node]);
    hm_graph_node referent = hm_graph_weak_referent(out->drawing->graph, node);
    if (referent == HM_GRAPH_NONE || out->drawing->place[referent] == 0)
        return;
    fprintf(out->file,
            "  n%zu -> n%" PRIu32 " [label=<&#160;weak> style=dashed color=\"#8a94a3\""
            " fontcolor=\"#8a94a3\"];\n",
            place, out->drawing->place[referent] - 1);
}

static void add_root(dot_writer *out, hm_object *object, hm_edge edge)
{
    hm_graph_node node =
        object == NULL ? HM_GRAPH_NONE : hm_graph_find(out->drawing->graph, object);
    if (node != HM_GRAPH_NONE)
        add_reference(out, node, &edge);
}

/* What the slot refers to, under its name or else its number. */
static void add_slot(dot_writer *out, hm_object *const *slot, size_t number)
{
    const hm_drawing_options *options = &out->drawing->options;
    const char *name =
        options->root_name == NULL ? NULL : options->root_name(slot, options->context);
    add_root(out, *slot,
             name == NULL ? (hm_edge){.kind = HM_EDGE_INDEX, .index = number}
                          : (hm_edge){.kind = HM_EDGE_FIELD, .text = name});
}

/* The roots are drawn as one list, all runs of slots one behind the other. */
static void write_roots(dot_writer *out)
{
    const hm_heap *heap = out->drawing->graph->heap;
    size_t number = 0;
    for (size_t root = 0; root < heap->root_count; root++) {
        for (size_t slot = 0; slot < heap->roots[root].count; slot++)
            add_slot(out, &heap->roots[root].slots[slot], number++);
    }
    add_root(out, hm_graph_garbage_list(out->drawing->graph),
             (hm_edge){.kind = HM_EDGE_FIELD, .text = "garbage"});
    if (out->line_count != 0)
        fputs("  roots [label=<<b>roots</b>>, shape=box, style=\"filled,bold\","
              " fillcolor=\"#dfe5ec\"];\n",
              out->file);
    write_lines(out, "roots", 0);
}

static void write_outside(const dot_writer *out)
{
    bool boxed = false;
    for (size_t place = 0; place < out->drawing->nodes.length; place++) {
        uint64_t outside = hm_graph_outside(out->drawing->graph, out->drawing->nodes.nodes[place]);
        if (outside == 0)
            continue;
        if (!boxed)
            fputs("  outside [label=<<b>outside</b>>, shape=box, style=\"filled,dashed\","
                  " fillcolor=\"#fbe4e6\"];\n",
                  out->file);
        boxed = true;
        fprintf(out->file, "  outside -> n%zu [label=<&#160;%" PRIu64 " %s>];\n", place, outside,
                outside == 1 ? "reference" : "references");
    }
}

typedef struct rest {
    dot_writer *out;
    uint32_t *counted_by; /* 1 + place of who last counted a node */
    uint32_t counter;
    size_t count;
} rest;

static void count_rest(hm_graph_node node, void *context)
{
    rest *state = context;
    if (state->out->drawing->place[node] != 0 || state->counted_by[node] == state->counter ||
        !hm_drawing_accepts(state->out->drawing, node))
        return;
    state->counted_by[node] = state->counter;
    state->count++;
}

static void write_rest(dot_writer *out, size_t place, uint32_t *counted_by)
{
    rest state = {out, counted_by, (uint32_t)place + 1, 0};
    hm_drawing_neighbours(out->drawing, out->drawing->nodes.nodes[place], count_rest, &state);
    if (state.count == 0)
        return;
    bool referents = out->drawing->options.direction == HM_GRAPH_REFERENTS;
    fprintf(out->file,
            "  more%zu [label=<… %zu more>, shape=plaintext, style=\"\", fontsize=9,"
            " fontcolor=\"#5f6b7a\", margin=\"0.02\", height=0.2];\n",
            place, state.count);
    fprintf(out->file, referents ? "  n%zu -> more%zu" : "  more%zu -> n%zu", place, place);
    fputs(" [style=dotted arrowhead=none];\n", out->file);
}

static void write_all(dot_writer *out, uint32_t *counted_by)
{
    size_t count = out->drawing->nodes.length;
    write_head(out);
    for (size_t place = 0; place < count; place++)
        write_node(out, place);
    write_roots(out);
    write_outside(out);
    for (size_t place = 0; place < count; place++)
        write_references(out, place);
    for (size_t place = 0; place < count && out->drawing->shows_rest; place++)
        write_rest(out, place, counted_by);
    fputs("}\n", out->file);
}

hm_status hm_drawing_write(const hm_drawing *drawing, FILE *file, hm_error *error)
{
    size_t count = drawing->nodes.length + 1;
    size_t nodes = hm_graph_count(drawing->graph) + 1;
    dot_writer out = {.drawing = drawing, .file = file};
    out.lines = hm_system_map(count * sizeof *out.lines);
    out.line_of = hm_system_map(count * sizeof *out.line_of);
    uint32_t *counted_by = hm_system_map(nodes * sizeof *counted_by);
    hm_status status = HM_OK;
    if (out.lines == NULL || out.line_of == NULL || counted_by == NULL)
        status = hm_graph_no_memory(error);
    else
        write_all(&out, counted_by);
    if (status == HM_OK && (fflush(file) != 0 || ferror(file)))
        status = hm_error_set(error, HM_IO_ERROR, "a graph could not be written");
    hm_system_unmap(out.lines, count * sizeof *out.lines);
    hm_system_unmap(out.line_of, count * sizeof *out.line_of);
    hm_system_unmap(counted_by, nodes * sizeof *counted_by);
    return status;
}

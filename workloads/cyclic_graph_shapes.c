/** The shapes of `cyclic-graph`; see cyclic_graph_shapes.h. */
#include "workloads/cyclic_graph_shapes.h"

#include "base/attributes.h"

const char *const hm_shape_names[HM_SHAPES + 1] = {
    "self", "pair", "ring", "doubly-linked", "tree-with-parents", "random", NULL};

typedef struct shape_input {
    uint32_t degree;
    uint32_t nodes;
    hm_random *random;
} shape_input;

/** One shape: `links` a node, and `degree` more where that is set; and what a row holds. */
typedef struct graph_shape {
    uint32_t links;
    bool degree;
    bool back_links;
    void (*row)(const shape_input *input, uint32_t node, uint32_t *row);
} graph_shape;

static void self_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    HM_UNUSED(input);
    row[0] = node;
}

static void pair_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    HM_UNUSED(input);
    row[0] = (node & 1) != 0 ? (node - 1) | HM_LINK_BACK : node + 1;
}

static void ring_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    row[0] = node + 1 == input->nodes ? 0 : node + 1;
}

static void doubly_linked_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    row[0] = node + 1 == input->nodes ? HM_LINK_NONE : node + 1;
    row[1] = node == 0 ? HM_LINK_NONE : (node - 1) | HM_LINK_BACK;
}

static void tree_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    row[0] = node == 0 ? HM_LINK_NONE : ((node - 1) / input->degree) | HM_LINK_BACK;
    for (uint32_t child = 0; child < input->degree; child++) {
        uint64_t number = (uint64_t)node * input->degree + child + 1;
        row[1 + child] = number < input->nodes ? (uint32_t)number : HM_LINK_NONE;
    }
}

static void random_row(const shape_input *input, uint32_t node, uint32_t *row)
{
    HM_UNUSED(node);
    for (uint32_t link = 0; link < input->degree; link++)
        row[link] = (uint32_t)hm_random_below(input->random, input->nodes);
}

static const graph_shape shapes[HM_SHAPES] = {
    [HM_SHAPE_SELF] = {1, false, false, self_row},
    [HM_SHAPE_PAIR] = {1, false, true, pair_row},
    [HM_SHAPE_RING] = {1, false, false, ring_row},
    [HM_SHAPE_DOUBLY_LINKED] = {2, false, true, doubly_linked_row},
    [HM_SHAPE_TREE_WITH_PARENTS] = {1, true, true, tree_row},
    [HM_SHAPE_RANDOM] = {0, true, false, random_row},
};

uint32_t hm_shape_links(uint32_t shape, uint32_t degree)
{
    return shapes[shape].links + (shapes[shape].degree ? degree : 0);
}

bool hm_shape_has_back_links(uint32_t shape)
{
    return shapes[shape].back_links;
}

bool hm_shape_has_degree(uint32_t shape)
{
    return shapes[shape].degree;
}

void hm_shape_fill(uint32_t shape, uint32_t degree, uint32_t nodes, hm_random *random,
                   uint32_t *links)
{
    shape_input input = {degree, nodes, random};
    uint32_t row_length = hm_shape_links(shape, degree);
    for (uint32_t node = 0; node < nodes; node++, links += row_length)
        shapes[shape].row(&input, node, links);
}

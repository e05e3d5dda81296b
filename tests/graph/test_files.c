#include "graph_fixture.h"

#include "graph/drawing.h"

#include <sys/stat.h>

typedef struct scene {
    hm_heap *heap;
    hm_object *roots[1];
    hm_graph *graph;
    hm_drawing *drawing;
    char folder[64];
    char path[128];
} scene;

static int set_up(void **state)
{
    scene *these = calloc(1, sizeof *these);
    these->heap = fixture_heap("generational");
    these->roots[0] = hm_list_new(these->heap);
    assert_true(hm_heap_add_roots(these->heap, these->roots, 1));
    fixture_give(these->heap, these->roots[0], hm_str_from(these->heap, "<&\">'\\N\\"));
    these->graph = fixture_map(these->heap);
    hm_graph_nodes starts = fixture_nodes(these->graph, these->roots, 1);
    hm_drawing_options options = hm_drawing_options_default();
    options.title = "a <title> & \"more\" \\G";
    hm_error error = {0};
    these->drawing = hm_drawing_around(these->graph, &starts, &options, &error);
    assert_non_null(these->drawing);
    hm_graph_nodes_destroy(&starts);
    strcpy(these->folder, "/tmp/heapmark-graph-XXXXXX");
    assert_non_null(mkdtemp(these->folder));
    snprintf(these->path, sizeof these->path, "%s/graph", these->folder);
    *state = these;
    return 0;
}

static int tear_down(void **state)
{
    scene *these = *state;
    unlink(these->path);
    assert_int_equal(rmdir(these->folder), 0); /* nothing half written stays */
    hm_drawing_free(these->drawing);
    hm_graph_free(these->graph);
    fixture_end(these->heap);
    free(these);
    return 0;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    assert_true(length > 0);
    fclose(file);
    return text;
}

static void write_drawing(FILE *file, void *context)
{
    hm_error error = {0};
    assert_int_equal(hm_drawing_write(context, file, &error), HM_OK);
}

static void test_dot_file(void **state)
{
    scene *these = *state;
    hm_error error = {0};
    FILE *old = fopen(these->path, "w");
    fputs("old", old);
    fclose(old);
    assert_int_equal(hm_drawing_save_dot(these->drawing, these->path, &error), HM_OK);
    char *saved = read_whole(these->path);
    char *written = fixture_text(write_drawing, these->drawing);
    assert_string_equal(saved, written);
    struct stat information;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(these->path, &information), 0);
    assert_int_equal(information.st_mode & 0777, 0666 & ~mask);
    free(saved);
    free(written);
}

static void test_unwritable_paths(void **state)
{
    scene *these = *state;
    hm_error error = {0};
    assert_int_equal(hm_drawing_save_dot(these->drawing, "/nowhere/at/all/graph.dot", &error),
                     HM_IO_ERROR);
    assert_string_equal(error.message,
                        "/nowhere/at/all/graph.dot cannot be written: No such file or directory");
    assert_int_equal(hm_drawing_save_svg(these->drawing, "/nowhere/at/all/graph.svg", &error),
                     HM_IO_ERROR);
    assert_int_equal(mkdir(these->path, 0755), 0); /* in the way: nothing stays beside it */
    assert_int_equal(hm_drawing_save_dot(these->drawing, these->path, &error), HM_IO_ERROR);
    assert_non_null(strstr(error.message, "Is a directory"));
    assert_int_equal(rmdir(these->path), 0);
    char *long_path = calloc(1, 8192);
    memset(long_path, 'x', 8191);
    assert_int_equal(hm_drawing_save_dot(these->drawing, long_path, &error), HM_IO_ERROR);
    assert_non_null(strstr(error.message, "File name too long"));
    free(long_path);
    FILE *full = fopen("/dev/full", "w");
    assert_int_equal(hm_drawing_write(these->drawing, full, &error), HM_IO_ERROR);
    fclose(full);
}

/* Runs with another PATH; what was at the path before must stay. */
static hm_status save_svg_with_path(scene *these, const char *path, hm_error *error)
{
    char *saved = strdup(getenv("PATH"));
    FILE *old = fopen(these->path, "w");
    fputs("old", old);
    fclose(old);
    assert_int_equal(setenv("PATH", path, 1), 0);
    hm_status status = hm_drawing_save_svg(these->drawing, these->path, error);
    assert_int_equal(setenv("PATH", saved, 1), 0);
    free(saved);
    char *text = read_whole(these->path);
    if (status != HM_OK)
        assert_string_equal(text, "old");
    free(text);
    return status;
}

static void test_no_dot(void **state)
{
#ifdef HM_VALGRIND
    skip(); /* valgrind makes a fork of posix_spawn, whose failure then reaches nobody */
#endif
    scene *these = *state;
    hm_error error = {0};
    assert_int_equal(save_svg_with_path(these, "/nowhere", &error), HM_UNAVAILABLE);
    assert_string_equal(error.message, "no program dot on PATH to draw an SVG: install Debian's "
                                       "package graphviz");
    assert_int_equal(save_svg_with_path(these, "", &error), HM_UNAVAILABLE);
    assert_int_equal(save_svg_with_path(these, "/dev/null", &error), HM_UNAVAILABLE);
    char no_program[128];
    snprintf(no_program, sizeof no_program, "%s/dot", these->folder);
    assert_int_equal(mkdir(no_program, 0755), 0);
    assert_int_equal(save_svg_with_path(these, these->folder, &error), HM_UNAVAILABLE);
    assert_int_equal(rmdir(no_program), 0);
}

/* A `dot` that is a script: fails with a complaint, dies, or copies its input. */
static hm_status save_svg_by_script(scene *these, const char *script, hm_error *error)
{
    char program[128];
    snprintf(program, sizeof program, "%s/dot", these->folder);
    FILE *file = fopen(program, "w");
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(program, 0755), 0);
    hm_status status = save_svg_with_path(these, these->folder, error);
    unlink(program);
    return status;
}

static void test_dot_that_fails(void **state)
{
    scene *these = *state;
    hm_error error = {0};
    assert_int_equal(
        save_svg_by_script(these, "echo half; echo first >&2; echo 2 >&2; exit 3", &error),
        HM_IO_ERROR);
    assert_string_equal(error.message, "dot failed with exit code 3: first");
    assert_int_equal(save_svg_by_script(these, "kill -9 $$", &error), HM_IO_ERROR);
    assert_string_equal(error.message, "dot was killed by signal 9");
    assert_int_equal(save_svg_by_script(these, "/bin/cat; echo \"$@\"", &error), HM_OK);
    char *text = read_whole(these->path);
    char *expected = fixture_text(write_drawing, these->drawing);
    assert_memory_equal(text, expected, strlen(expected));
    assert_string_equal(text + strlen(expected), "-Tsvg\n");
    free(text);
    free(expected);
}

static bool has_dot(void)
{
    return system("command -v dot >/dev/null 2>&1") == 0;
}

/* What the objects hold comes out of `dot` as it was, whatever DOT or XML would make of it. */
static void test_svg(void **state)
{
    scene *these = *state;
    if (!has_dot()) {
        print_message("no dot: the package graphviz is not installed\n");
        skip();
    }
    hm_error error = {0};
    hm_status status = hm_drawing_save_svg(these->drawing, these->path, &error);
    if (status != HM_OK)
        fail_msg("%s", error.message);
    char *svg = read_whole(these->path);
    assert_non_null(strstr(svg, "<svg "));
    assert_non_null(strstr(svg, "</svg>"));
    assert_non_null(strstr(svg, "&#39;&lt;&amp;&quot;&gt;\\&#39;\\\\N\\\\&#39;"));
    assert_non_null(strstr(svg, "a &lt;title&gt; &amp; &quot;more&quot; \\G"));
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dot_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unwritable_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_dot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dot_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_svg, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

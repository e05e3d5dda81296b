/**
 * These tests are about how runs are started and where results go: flags, filters, context, and
 * reporters of every format to every place.
 */
#include "results.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hm_gbench_benchmark *made(const char *name)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register(name, run_empty, NULL);
    assert_non_null(benchmark);
    assert_true(hm_gbench_set_iterations(benchmark, 10));
    return benchmark;
}

static char *read_file(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return text;
}

/** The number of `what` in `text`. */
static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    while ((text = strstr(text, what)) != NULL) {
        count++;
        text += strlen(what);
    }
    return count;
}

static json_t *parsed(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    if (root == NULL)
        fail_msg("line %d: %s in %s", error.line, error.text, text);
    return root;
}

static const char *text_of_run(hm_gbench_reporter *reporter, const char *filter)
{
    assert_non_null(reporter);
    assert_true(hm_gbench_run(filter, &reporter, 1, NULL));
    return hm_gbench_reporter_text(reporter);
}

static void test_json_to_text(void **unused)
{
    (void)unused;
    made("first");
    made("second");
    assert_true(hm_gbench_add_context("heap", "a \"quoted\" one"));
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    assert_string_equal(hm_gbench_reporter_text(reporter), "");
    json_t *root = parsed(text_of_run(reporter, ""));
    json_t *context = json_object_get(root, "context");
    assert_string_equal(json_string_value(json_object_get(context, "heap")), "a \"quoted\" one");
    json_t *benchmarks = json_object_get(root, "benchmarks");
    assert_int_equal(json_array_size(benchmarks), 2);
    json_t *second = json_array_get(benchmarks, 1);
    assert_string_equal(json_string_value(json_object_get(second, "name")), "second/iterations:10");
    assert_int_equal(json_integer_value(json_object_get(second, "iterations")), 10);
    json_decref(root);
    assert_true(hm_gbench_reporter_destroy(reporter));
    hm_gbench_shutdown();
}

static void test_console_to_text(void **unused)
{
    (void)unused;
    made("shown");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_CONSOLE);
    const char *text = text_of_run(reporter, "");
    assert_non_null(strstr(text, "Iterations"));
    assert_non_null(strstr(text, "shown/iterations:10"));
    assert_null(strchr(text, '\033'));
    assert_true(hm_gbench_reporter_destroy(reporter));
}

static void test_csv_to_text(void **unused)
{
    (void)unused;
    made("listed");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_CSV);
    const char *text = text_of_run(reporter, "");
    assert_memory_equal(text, "name,iterations,real_time", 25);
    assert_non_null(strstr(text, "\n\"listed/iterations:10\",10,"));
    assert_true(hm_gbench_reporter_destroy(reporter));
}

/** Every run is a document of its own. */
static void test_reporter_serves_several_runs(void **unused)
{
    (void)unused;
    made("again");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    json_decref(parsed(text_of_run(reporter, "")));
    const char *text = text_of_run(reporter, "");
    assert_int_equal(occurrences(text, "\"context\""), 2);
    const char *second = strstr(text + 1, "\n{\n  \"context\"");
    assert_non_null(second);
    json_decref(parsed(second));
    assert_true(hm_gbench_reporter_destroy(reporter));
}

static void test_json_to_path_and_file(void **unused)
{
    (void)unused;
    made("stored");
    char path[] = "/tmp/hm_gbench_XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    hm_gbench_reporter *reporters[] = {hm_gbench_reporter_to_path(HM_GBENCH_JSON, path), NULL};
    FILE *file = tmpfile();
    reporters[1] = hm_gbench_reporter_to_file(HM_GBENCH_CONSOLE, file);
    assert_non_null(reporters[0]);
    assert_non_null(reporters[1]);
    size_t count = 0;
    assert_true(hm_gbench_run("", reporters, 2, &count));
    assert_int_equal(count, 1);
    assert_true(hm_gbench_reporter_destroy(reporters[0]));
    assert_true(hm_gbench_reporter_destroy(reporters[1]));
    json_decref(parsed(read_file(path)));
    char text[4096] = "";
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_non_null(strstr(text, "stored/iterations:10"));
    fclose(file);
    close(descriptor);
    unlink(path);
}

static void test_reporter_refuses(void **unused)
{
    (void)unused;
    assert_null(hm_gbench_reporter_to_path(HM_GBENCH_JSON, "/nonexistent/folder/file.json"));
    assert_string_equal(hm_gbench_error(), "/nonexistent/folder/file.json cannot be opened for "
                                           "writing: No such file or directory");
    assert_null(hm_gbench_reporter_to_path(HM_GBENCH_JSON, NULL));
    assert_null(hm_gbench_reporter_to_file(HM_GBENCH_JSON, NULL));
    assert_null(hm_gbench_reporter_to_text((hm_gbench_format)3));
    assert_null(hm_gbench_reporter_to_function(NULL, NULL));
    assert_null(hm_gbench_reporter_text(NULL));
    assert_true(hm_gbench_reporter_destroy(NULL));
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    hm_gbench_reporter *twice[] = {reporter, reporter};
    assert_false(hm_gbench_run("", twice, 2, NULL));
    hm_gbench_reporter *missing[] = {reporter, NULL};
    assert_false(hm_gbench_run("", missing, 2, NULL));
    assert_false(hm_gbench_run("", NULL, 1, NULL));
    assert_true(hm_gbench_reporter_destroy(reporter));
}

/** A full disk is told, at the latest when the reporter is destroyed. */
static void test_write_failure(void **unused)
{
    (void)unused;
    made("lost");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_path(HM_GBENCH_JSON, "/dev/full");
    assert_non_null(reporter);
    size_t count = 0;
    assert_false(hm_gbench_run("", &reporter, 1, &count));
    assert_int_equal(count, 1);
    assert_false(hm_gbench_reporter_destroy(reporter));
}

static void test_filter(void **unused)
{
    (void)unused;
    made("list/append");
    made("list/pop");
    made("dict/insert");
    static const struct {
        const char *filter;
        size_t count;
    } cases[] = {{"", 3},       {"all", 3},        {"^list/", 2},   {"-^list/", 1},
                 {"insert", 1}, {"pop|insert", 2}, {"^nothing$", 0}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        const kept_results *results = run_and_keep(cases[index].filter);
        assert_int_equal(results->benchmarks, cases[index].count);
        assert_int_equal(results->count, cases[index].count);
    }
    assert_string_equal(hm_gbench_error(), "no benchmark matches \"^nothing$\"");
}

static void test_bad_filter(void **unused)
{
    (void)unused;
    made("any");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    size_t count = 99;
    assert_false(hm_gbench_run("(unclosed", &reporter, 1, &count));
    assert_int_equal(count, 0);
    assert_string_equal(hm_gbench_error(), "\"(unclosed\" is no extended regular expression");
    assert_true(hm_gbench_reporter_destroy(reporter));
}

/** Calls hm_gbench_initialize with these arguments; returns what it returns. */
static hm_gbench_start initialize_with(char **arguments, int *count)
{
    for (*count = 0; arguments[*count] != NULL;)
        ++*count;
    return hm_gbench_initialize(count, arguments);
}

static void test_initialize(void **unused)
{
    (void)unused;
    made("flag/one");
    made("flag/two");
    char *arguments[] = {
        "program", "--benchmark_filter=two", "--mine", "--benchmark_repetitions=3", "word", NULL};
    int count = 0;
    assert_int_equal(initialize_with(arguments, &count), HM_GBENCH_START_READY);
    assert_int_equal(count, 3);
    assert_string_equal(arguments[1], "--mine");
    assert_string_equal(arguments[2], "word");
    assert_true(hm_gbench_report_unrecognized(count, arguments));
    assert_false(hm_gbench_report_unrecognized(1, arguments));
    const kept_results *results = run_and_keep(NULL);
    assert_int_equal(results->benchmarks, 1);
    assert_int_equal(results->count, 3 + 4);
    char *back[] = {"program", "--benchmark_filter=", "--benchmark_repetitions=1", NULL};
    assert_int_equal(initialize_with(back, &count), HM_GBENCH_START_READY);
    assert_int_equal(run_and_keep(NULL)->count, 2);
}

/** The library would end the process in each of these cases. */
static void test_initialize_refuses(void **unused)
{
    (void)unused;
    int count = 0;
    assert_int_equal(hm_gbench_initialize(NULL, NULL), HM_GBENCH_START_BAD_FLAG);
    assert_int_equal(hm_gbench_initialize(&count, (char *[]){NULL}), HM_GBENCH_START_BAD_FLAG);
    char *format[] = {"program", "--benchmark_format=xml", NULL};
    assert_int_equal(initialize_with(format, &count), HM_GBENCH_START_BAD_FLAG);
    assert_non_null(strstr(hm_gbench_error(), "console, json or csv"));
    char *unit[] = {"program", "--benchmark_time_unit=hours", NULL};
    assert_int_equal(initialize_with(unit, &count), HM_GBENCH_START_BAD_FLAG);
    char *help[] = {"program", "--help", NULL};
    assert_int_equal(initialize_with(help, &count), HM_GBENCH_START_HELP_SHOWN);
    char *good[] = {"program", NULL};
    assert_int_equal(initialize_with(good, &count), HM_GBENCH_START_READY);
}

/** --benchmark_out gets all repetitions where the display gets aggregates only. */
static void test_output_flag(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("output");
    assert_true(hm_gbench_repetitions(benchmark, 3));
    assert_true(hm_gbench_display_aggregates_only(benchmark, true));
    char path[] = "/tmp/hm_gbench_XXXXXX";
    close(mkstemp(path));
    char flag[80];
    snprintf(flag, sizeof flag, "--benchmark_out=%s", path);
    char *arguments[] = {"program", flag, NULL};
    int count = 0;
    assert_int_equal(initialize_with(arguments, &count), HM_GBENCH_START_READY);
    assert_int_equal(run_and_keep("")->count, 4);
    json_t *root = parsed(read_file(path));
    assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 3 + 4);
    json_decref(root);
    unlink(path);

    char *bad[] = {"program", "--benchmark_out=/nonexistent/folder/file", NULL};
    assert_int_equal(initialize_with(bad, &count), HM_GBENCH_START_READY);
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    assert_false(hm_gbench_run("", &reporter, 1, NULL));
    assert_non_null(strstr(hm_gbench_error(), "/nonexistent/folder/file cannot be opened"));
    assert_true(hm_gbench_reporter_destroy(reporter));
    char *none[] = {"program", "--benchmark_out=", NULL};
    assert_int_equal(initialize_with(none, &count), HM_GBENCH_START_READY);
}

static void test_list_flag(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_arg(made("listed"), 4));
    char *arguments[] = {"program", "--benchmark_list_tests=true", NULL};
    char *back[] = {"program", "--benchmark_list_tests=false", NULL};
    int count = 0;
    assert_int_equal(initialize_with(arguments, &count), HM_GBENCH_START_READY);
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_CONSOLE);
    assert_string_equal(text_of_run(reporter, ""), "listed/4/iterations:10\n");
    assert_true(hm_gbench_reporter_destroy(reporter));
    assert_int_equal(initialize_with(back, &count), HM_GBENCH_START_READY);
}

/** Runs with no reporter of ours, stdout in a file; returns what was written. */
static const char *stdout_of_run(void)
{
    char path[] = "/tmp/hm_gbench_XXXXXX";
    int file = mkstemp(path);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_true(file >= 0 && saved >= 0);
    dup2(file, STDOUT_FILENO);
    bool done = hm_gbench_run("", NULL, 0, NULL);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_true(done);
    const char *text = read_file(path);
    unlink(path);
    return text;
}

/** The library frees its default reporter after the first run and uses it in the second. */
static void test_default_display_serves_several_runs(void **unused)
{
    (void)unused;
    made("displayed");
    for (int run = 0; run < 3; run++)
        assert_int_equal(occurrences(stdout_of_run(), "displayed/iterations:10"), 1);
    char *json[] = {"program", "--benchmark_format=json", NULL};
    char *console[] = {"program", "--benchmark_format=console", NULL};
    int count = 0;
    assert_int_equal(initialize_with(json, &count), HM_GBENCH_START_READY);
    for (int run = 0; run < 2; run++)
        json_decref(parsed(stdout_of_run()));
    assert_int_equal(initialize_with(console, &count), HM_GBENCH_START_READY);
}

static void test_context_keys(void **unused)
{
    (void)unused;
    made("context");
    assert_false(hm_gbench_add_context(NULL, "value"));
    assert_false(hm_gbench_add_context("", "value"));
    assert_false(hm_gbench_add_context("key", NULL));
    assert_true(hm_gbench_add_context("key", "value"));
    assert_false(hm_gbench_add_context("key", "other"));
    assert_string_equal(hm_gbench_error(), "the context key key is there already");
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_CONSOLE);
    assert_int_equal(occurrences(text_of_run(reporter, ""), "key: value\n"), 1);
    hm_gbench_shutdown();
    hm_gbench_shutdown();
    assert_int_equal(occurrences(text_of_run(reporter, ""), "key: value\n"), 1);
    assert_true(hm_gbench_add_context("key", "anew"));
    assert_int_equal(occurrences(text_of_run(reporter, ""), "key: anew\n"), 1);
    hm_gbench_shutdown();
    assert_true(hm_gbench_reporter_destroy(reporter));
}

static void fail_with_message(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    hm_gbench_skip_with_error(state, "it broke");
}

/** What is put right on the way is right in every format; so a failed family with complexity. */
static void test_errors_in_documents(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = hm_gbench_register("broken", fail_with_message, NULL);
    assert_true(hm_gbench_set_iterations(benchmark, 5));
    assert_true(hm_gbench_complexity(benchmark, HM_GBENCH_COMPLEXITY_N));
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    json_t *root = parsed(text_of_run(reporter, ""));
    json_t *only = json_array_get(json_object_get(root, "benchmarks"), 0);
    assert_true(json_is_true(json_object_get(only, "error_occurred")));
    assert_string_equal(json_string_value(json_object_get(only, "error_message")), "it broke");
    json_decref(root);
    assert_true(hm_gbench_reporter_destroy(reporter));
}

static void test_library_version(void **unused)
{
    (void)unused;
    int major = 0;
    int minor = 0;
    assert_int_equal(sscanf(hm_gbench_library_version(), "%d.%d", &major, &minor), 2);
    assert_true(major > 1 || (major == 1 && minor >= 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_json_to_text, clear_benchmarks),
        cmocka_unit_test_setup(test_console_to_text, clear_benchmarks),
        cmocka_unit_test_setup(test_csv_to_text, clear_benchmarks),
        cmocka_unit_test_setup(test_reporter_serves_several_runs, clear_benchmarks),
        cmocka_unit_test_setup(test_json_to_path_and_file, clear_benchmarks),
        cmocka_unit_test_setup(test_reporter_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_write_failure, clear_benchmarks),
        cmocka_unit_test_setup(test_filter, clear_benchmarks),
        cmocka_unit_test_setup(test_bad_filter, clear_benchmarks),
        cmocka_unit_test_setup(test_initialize, clear_benchmarks),
        cmocka_unit_test_setup(test_initialize_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_output_flag, clear_benchmarks),
        cmocka_unit_test_setup(test_list_flag, clear_benchmarks),
        cmocka_unit_test_setup(test_default_display_serves_several_runs, clear_benchmarks),
        cmocka_unit_test_setup(test_context_keys, clear_benchmarks),
        cmocka_unit_test_setup(test_errors_in_documents, clear_benchmarks),
        cmocka_unit_test_setup(test_library_version, clear_benchmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

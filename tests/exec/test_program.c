/* Tests of bench/exec/program.h: what a command runs in the end, and whether that is a CPython. */
#include "cmocka_all.h"

#include "bench/exec/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char python[] = "/usr/bin/python3";

static char folder[] = "/tmp/heapmark-test-XXXXXX";

static int make_folder(void **state)
{
    HM_UNUSED(state);
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    HM_UNUSED(state);
    return rmdir(folder);
}

static void find(hm_exec_program *program, char *const *arguments)
{
    hm_error error = {0};
    hm_status status = hm_exec_program_find(program, arguments, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, HM_OK);
}

static void a_python_is_known_by_what_it_holds(void **state)
{
    HM_UNUSED(state);
    assert_true(hm_exec_is_python(python));
    assert_false(hm_exec_is_python("/bin/sh"));
    assert_false(hm_exec_is_python("/etc/passwd"));
    assert_false(hm_exec_is_python("/no/such/file"));
    assert_false(hm_exec_is_python("/proc/self/status"));
}

static void path_is_searched(void **state)
{
    hm_exec_program program;
    char *const arguments[] = {"sh", "-c", "true", NULL};
    HM_UNUSED(state);
    find(&program, arguments);
    assert_int_equal(program.path[0], '/');
    assert_non_null(strstr(program.path, "/sh"));
    assert_false(program.is_python);
    hm_exec_program_clear(&program);
}

/** Writes a script that begins with `line`; the path is in `path`. */
static void write_script(char *path, size_t size, const char *line)
{
    snprintf(path, size, "%s/script", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\nprint(1)\n", line);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

static void scripts_and_env_are_followed(void **state)
{
    static const struct {
        const char *line;
        bool is_python, ignores;
    } cases[] = {
        {"#!/usr/bin/python3", true, false},
        {"#!/usr/bin/env python3", true, false},
        {"#! /usr/bin/python3 -I", true, true},
        {"#!/usr/bin/env -S python3 -E", true, true},
        {"#!/usr/bin/env -S A=1 python3 -W ignore", true, false},
        {"#!/bin/sh", false, false},
    };
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_exec_program program;
        char path[256];
        write_script(path, sizeof path, cases[index].line);
        setenv("PATH", "/usr/bin:/bin", 1);
        char *const arguments[] = {path, "-E", NULL}; /* the script's own option */
        find(&program, arguments);
        assert_int_equal(program.is_python, cases[index].is_python);
        assert_int_equal(program.python_ignores_environment, cases[index].ignores);
        assert_string_equal(program.path, path);
        hm_exec_program_clear(&program);
        unlink(path);
    }
}

static void a_python_that_ignores_its_environment(void **state)
{
    static const struct {
        const char *option;
        bool ignores;
    } cases[] = {{"-E", true},  {"-bI", true},     {"-c", false},  {"-mE", false},
                 {"-X", false}, {"-WEror", false}, {"-", false},   {"--help", false},
                 {"-u", false}, {"-OOE", true},    {"E.py", false}};
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_exec_program program;
        char option[16];
        snprintf(option, sizeof option, "%s", cases[index].option);
        char *const arguments[] = {(char *)python, option, "x.py", NULL};
        find(&program, arguments);
        assert_int_equal(program.python_ignores_environment, cases[index].ignores);
        hm_exec_program_clear(&program);
    }
}

static void why_a_preload_does_not_reach(void **state)
{
    HM_UNUSED(state);
    assert_null(hm_exec_why_unreachable("/bin/sh"));
    assert_null(hm_exec_why_unreachable("/no/such/file"));
    assert_null(hm_exec_why_unreachable("/etc/passwd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_python_is_known_by_what_it_holds),
        cmocka_unit_test(path_is_searched),
        cmocka_unit_test(scripts_and_env_are_followed),
        cmocka_unit_test(a_python_that_ignores_its_environment),
        cmocka_unit_test(why_a_preload_does_not_reach),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

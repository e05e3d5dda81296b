/* The registry, every form of a spec and every message it can get, and the environment. */
#include "cmocka_all.h"

#include "allocators/backend.h"
#include "allocators/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TINY HM_FIXTURES "/libtiny_malloc.so"

static void expect_refused(const char *text, const char *part)
{
    hm_backend_spec spec;
    hm_error error = {.status = HM_OK};
    assert_int_equal(hm_backend_parse(text, &spec, &error), HM_USAGE_ERROR);
    if (strstr(error.message, part) == NULL)
        fail_msg("'%s' was refused with: %s", text, error.message);
    assert_null(strchr(error.message, '\n'));
    assert_null(spec.text); /* nothing is left to free */
}

static void expect_parsed(const char *text, hm_backend_spec *spec)
{
    hm_error error = {.status = HM_OK};
    if (hm_backend_parse(text, spec, &error) != HM_OK)
        fail_msg("'%s' was refused with: %s", text, error.message);
    assert_string_equal(spec->text, text);
}

static void test_the_registry_is_whole(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"pool",     "pool-inline", "system", "jemalloc",
                                        "mimalloc", "tcmalloc",    "so",     "preload",
                                        "bump",     "debug"};
    size_t count;
    const hm_backend *const *backends = hm_backends(&count);
    assert_int_equal(count, HM_COUNT_OF(names));
    for (size_t index = 0; index < count; index++) {
        assert_string_equal(backends[index]->name, names[index]);
        assert_ptr_equal(hm_backend_find(names[index]), backends[index]);
        assert_non_null(backends[index]->brief);
        assert_non_null(backends[index]->bind);
    }
    assert_null(hm_backend_find("nosuch"));
    assert_false(hm_backend_find("bump")->ranked);
    assert_false(hm_backend_find("debug")->ranked);
    assert_true(hm_backend_find("pool")->ranked);
    assert_string_equal(hm_linkage_name(HM_LINKAGE_SO), "so");
    assert_string_equal(hm_linkage_name(HM_LINKAGE_INLINE), "inline");
    assert_string_equal(hm_linkage_name(HM_LINKAGE_PRELOAD), "preload");
    assert_string_equal(hm_linkage_name(HM_LINKAGE_STATIC), "static");
}

static void test_names_parse(void **state)
{
    HM_UNUSED(state);
    hm_backend_spec spec;
    expect_parsed("jemalloc", &spec);
    assert_string_equal(spec.label, "jemalloc");
    assert_string_equal(spec.backend->name, "jemalloc");
    assert_null(spec.path);
    assert_null(spec.settings[0]);
    hm_backend_spec_clear(&spec);
}

static void test_paths_labels_and_settings_parse(void **state)
{
    HM_UNUSED(state);
    hm_backend_spec spec;
    expect_parsed("so:" TINY, &spec);
    assert_string_equal(spec.label, "libtiny_malloc.so");
    assert_int_equal(spec.path[0], '/');
    assert_string_equal(spec.prefix, "");
    hm_backend_spec_clear(&spec);
    expect_parsed("my-own.1=so:" TINY ";prefix=je_;env=A=1;env=B=x=y", &spec);
    assert_string_equal(spec.label, "my-own.1");
    assert_string_equal(spec.prefix, "je_");
    assert_string_equal(spec.settings[0], "A=1");
    assert_string_equal(spec.settings[1], "B=x=y");
    assert_null(spec.settings[2]);
    hm_backend_spec_clear(&spec);
    expect_parsed("pool;env=HEAPMARK_POOL_RETAIN=0;env=B=x", &spec);
    assert_string_equal(spec.label, "pool");
    assert_string_equal(spec.backend->name, "pool");
    assert_string_equal(spec.settings[0], "HEAPMARK_POOL_RETAIN=0");
    assert_string_equal(spec.settings[1], "B=x");
    assert_null(spec.settings[2]);
    assert_null(spec.path);
    assert_false(hm_backend_label_says_all(&spec));
    hm_backend_spec_clear(&spec);
    expect_parsed("lean=jemalloc;env=MALLOC_CONF=narenas:1", &spec);
    assert_string_equal(spec.label, "lean");
    assert_string_equal(spec.backend->name, "jemalloc");
    assert_string_equal(spec.settings[0], "MALLOC_CONF=narenas:1");
    hm_backend_spec_clear(&spec);
    expect_parsed("again=pool", &spec);
    assert_string_equal(spec.label, "again");
    assert_false(hm_backend_label_says_all(&spec));
    hm_backend_spec_clear(&spec);
    expect_parsed("p=preload:" TINY ";env=A=", &spec);
    assert_string_equal(spec.backend->name, "preload");
    assert_string_equal(spec.settings[0], "A=");
    hm_backend_spec_clear(&spec);
}

static void test_relative_paths_become_absolute(void **state)
{
    HM_UNUSED(state);
    hm_backend_spec spec;
    char resolved[PATH_MAX];
    assert_int_equal(chdir(HM_FIXTURES), 0);
    expect_parsed("so:./libtiny_malloc.so", &spec);
    assert_non_null(realpath(TINY, resolved));
    assert_string_equal(spec.path, resolved);
    hm_backend_spec_clear(&spec);
}

static void test_unknown_names_are_refused(void **state)
{
    HM_UNUSED(state);
    expect_refused("nosuch", "'nosuch' is not a back end; known are pool, pool-inline, "
                             "system, jemalloc, mimalloc, tcmalloc, so:PATH, preload:PATH, bump, "
                             "debug");
    expect_refused("", "'' is not a back end");
    expect_refused("nosuch;env=A=1", "write [LABEL=]NAME[;env=K=V], [LABEL=]so:PATH");
    expect_refused("fast=nosuch", "write [LABEL=]NAME[;env=K=V], [LABEL=]so:PATH");
    expect_refused("sos:/x", "write [LABEL=]NAME[;env=K=V], [LABEL=]so:PATH");
    expect_refused("fast=so", "'fast=so' needs a path; write so:PATH");
    expect_refused("jemalloc=pool", "the label 'jemalloc' is the name of a back end");
    expect_refused("=pool", "label is empty");
    expect_refused("pool;env=A", "env=A has no value; write env=NAME=VALUE");
    expect_refused("pool;prefix=je_", "prefix= is for so: only");
    expect_refused("pool;speed=fast", "the setting 'speed=fast' is not known");
    expect_refused("so", "'so' needs a path; write so:PATH");
    expect_refused("preload", "'preload' needs a path; write preload:PATH");
}

static void test_bad_paths_are_refused(void **state)
{
    HM_UNUSED(state);
    expect_refused("so:", "has no path; write so:PATH");
    expect_refused("so:;prefix=x", "has no path; write so:PATH");
    expect_refused("so:/nonexistent.so", "/nonexistent.so: No such file or directory");
    expect_refused("preload:/nonexistent.so", "/nonexistent.so: No such file or directory");
    expect_refused("so:/tmp", "/tmp is not a file");
    char folder[] = "/tmp/heapmark test.XXXXXX", path[64], spec[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lib.so", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    snprintf(spec, sizeof spec, "preload:%s", path);
    expect_refused(spec, "LD_PRELOAD cannot take a path with a space or a colon");
    chmod(path, 0);
    snprintf(spec, sizeof spec, "so:%s", path);
    if (geteuid() != 0) /* root may read anything */
        expect_refused(spec, "cannot be read: Permission denied");
    unlink(path);
    rmdir(folder);
}

static void test_bad_labels_are_refused(void **state)
{
    HM_UNUSED(state);
    expect_refused("=so:" TINY, "label is empty; write LABEL=so:PATH");
    expect_refused("a/b=so:" TINY, "the label 'a/b' has the character '/'");
    expect_refused("a:b=so:" TINY, "the label 'a:b' has the character ':'");
    expect_refused("a b=so:" TINY, "the label 'a b' has the character ' '");
    expect_refused("jemalloc=so:" TINY, "'jemalloc' is the name of a back end; choose another");
}

static void test_bad_settings_are_refused(void **state)
{
    HM_UNUSED(state);
    expect_refused("so:" TINY ";speed=fast",
                   "the setting 'speed=fast' is not known; known are prefix=P and env=NAME=VALUE");
    expect_refused("so:" TINY ";", "the setting '' is not known");
    expect_refused("so:" TINY ";env=A", "env=A has no value; write env=NAME=VALUE");
    expect_refused("so:" TINY ";env==1", "env==1 has no value; write env=NAME=VALUE");
    expect_refused("so:" TINY ";env=LD_PRELOAD=/x", "LD_PRELOAD is not a setting");
    expect_refused("so:" TINY ";prefix=a-b", "the prefix 'a-b' cannot begin a function's name");
    expect_refused("preload:" TINY ";prefix=je_", "prefix= is for so: only");
    char spec[1024] = "so:" TINY;
    for (unsigned index = 0; index < HM_BACKEND_MAX_SETTINGS; index++)
        strcat(spec, ";env=A=1");
    expect_refused(spec, "more than 15 settings");
}

/* ---- environment ---- */

typedef struct seen {
    char text[2048];
} seen;

static void append(void *context, const char *setting)
{
    seen *all = context;
    strncat(all->text, setting, sizeof all->text - strlen(all->text) - 2);
    strcat(all->text, "\n");
}

static void expect_environment(const char *text, const char *expected)
{
    hm_backend_spec spec;
    seen all = {""};
    expect_parsed(text, &spec);
    hm_backend_environment(&spec, append, &all);
    assert_string_equal(all.text, expected);
    hm_backend_spec_clear(&spec);
}

#define TLS "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384"

static void test_the_environment_of_each_spec(void **state)
{
    HM_UNUSED(state);
    char resolved[PATH_MAX], expected[PATH_MAX + 256];
    expect_environment("system", TLS "\n");
    expect_environment("pool", TLS "\n");
    expect_environment("jemalloc", TLS "\n");
    expect_environment("tcmalloc", TLS "\nTCMALLOC_SKIP_SBRK=1\n");
    expect_environment("x=so:" TINY ";env=A=1;env=B=2", TLS "\nTCMALLOC_SKIP_SBRK=1\nA=1\nB=2\n");
    expect_environment("x=so:" TINY ";env=GLIBC_TUNABLES=glibc.malloc.tcache_count=0",
                       TLS "\nTCMALLOC_SKIP_SBRK=1\n" TLS ":glibc.malloc.tcache_count=0\n");
    assert_non_null(realpath(TINY, resolved));
    snprintf(expected, sizeof expected, TLS "\nLD_PRELOAD=%s\nA=1\n", resolved);
    expect_environment("preload:" TINY ";env=A=1", expected);
}

static void test_what_is_scrubbed(void **state)
{
    HM_UNUSED(state);
    static const char *const scrubbed[] = {
        "MALLOC_CONF",    "MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "MIMALLOC_SHOW_STATS",
        "GLIBC_TUNABLES", "LD_PRELOAD",       "LD_LIBRARY_PATH", "TCMALLOC_SKIP_SBRK",
        "HEAPPROFILE",    "PYTHONMALLOC"};
    static const char *const kept[] = {"PATH", "HOME", "HEAPMARK_POOL_PATH", "MALLOC", "LANG", ""};
    for (size_t index = 0; index < HM_COUNT_OF(scrubbed); index++)
        assert_true(hm_backend_scrubs(scrubbed[index]));
    for (size_t index = 0; index < HM_COUNT_OF(kept); index++)
        assert_false(hm_backend_scrubs(kept[index]));
}

/* ---- probing ---- */

static void test_probing(void **state)
{
    HM_UNUSED(state);
    hm_backend_spec spec;
    hm_error error;
    char path[PATH_MAX];
    expect_parsed("debug", &spec);
    assert_int_equal(hm_backend_probe(&spec, path, sizeof path, &error), HM_OK);
    assert_string_equal(path, "");
    hm_backend_spec_clear(&spec);
    expect_parsed("system", &spec);
    assert_int_equal(hm_backend_probe(&spec, path, sizeof path, &error), HM_OK);
    assert_non_null(strstr(path, "libc.so.6"));
    hm_backend_spec_clear(&spec);
    expect_parsed("so:" TINY, &spec);
    assert_int_equal(hm_backend_probe(&spec, path, sizeof path, &error), HM_OK);
    assert_string_equal(path, spec.path);
    hm_backend_spec_clear(&spec);
    assert_false(hm_library_locate("libnosuch.so.9", path, sizeof path));
}

static void test_an_absent_library_is_named_with_its_package(void **state)
{
    HM_UNUSED(state);
    const hm_backend absent = {.name = "absent", .library = "libabsent.so.1", .package = "absent1"};
    hm_backend_spec spec = {.backend = &absent};
    hm_error error;
    char path[PATH_MAX];
    assert_int_equal(hm_backend_probe(&spec, path, sizeof path, &error), HM_UNAVAILABLE);
    assert_string_equal(error.message,
                        "absent: libabsent.so.1 is not installed; install the package absent1");
    assert_string_equal(path, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_registry_is_whole),
        cmocka_unit_test(test_names_parse),
        cmocka_unit_test(test_paths_labels_and_settings_parse),
        cmocka_unit_test(test_relative_paths_become_absolute),
        cmocka_unit_test(test_unknown_names_are_refused),
        cmocka_unit_test(test_bad_paths_are_refused),
        cmocka_unit_test(test_bad_labels_are_refused),
        cmocka_unit_test(test_bad_settings_are_refused),
        cmocka_unit_test(test_the_environment_of_each_spec),
        cmocka_unit_test(test_what_is_scrubbed),
        cmocka_unit_test(test_probing),
        cmocka_unit_test(test_an_absent_library_is_named_with_its_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

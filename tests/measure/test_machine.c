/*
 * This module tests the machine's description against what the system tells by other ways.
 */
#include "cmocka_all.h"

#include "bench/measure/machine.h"

#include <stddef.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static hm_machine machine;

static int read_machine(void **state)
{
    (void)state;
    memset(&machine, 0x5a, sizeof machine); /* what is not filled in shows */
    hm_machine_read(&machine);
    return 0;
}

static void agrees_with_the_libc(void **state)
{
    (void)state;
    struct sysinfo information;
    struct utsname names;
    assert_int_equal(sysinfo(&information), 0);
    assert_int_equal(uname(&names), 0);
    assert_int_equal(machine.cores_online, get_nprocs());
    assert_int_equal(machine.memory_bytes, information.totalram * information.mem_unit);
    assert_int_equal(machine.swap_bytes, information.totalswap * information.mem_unit);
    assert_non_null(strstr(machine.kernel, names.release));
    assert_ptr_equal(strstr(machine.libc, "glibc 2."), machine.libc);
}

static void caches_have_names_and_sizes(void **state)
{
    (void)state;
    assert_true(machine.cache_count <= HM_MACHINE_CACHES);
    for (unsigned index = 0; index < machine.cache_count; index++) {
        assert_int_equal(machine.caches[index].name[0], 'L');
        assert_true(machine.caches[index].bytes >= 1024);
    }
    long first_data = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    if (machine.cache_count > 0 && first_data > 0) {
        assert_string_equal(machine.caches[0].name, "L1d");
        assert_int_equal(machine.caches[0].bytes, first_data);
    }
}

static void texts_end_and_have_no_line_ends(void **state)
{
    (void)state;
    const char *texts[] = {machine.cpu_model,      machine.kernel, machine.os,
                           machine.libc,           machine.thp,    machine.governor,
                           machine.virtual_machine};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        size_t length = strnlen(texts[index], HM_MACHINE_TEXT_BYTES);
        assert_true(length < HM_MACHINE_TEXT_BYTES);
        assert_null(memchr(texts[index], '\n', length));
    }
    assert_string_not_equal(machine.os, "");
    assert_true(strcmp(machine.thp, "") == 0 || strcmp(machine.thp, "always") == 0 ||
                strcmp(machine.thp, "madvise") == 0 || strcmp(machine.thp, "never") == 0);
    assert_in_range(machine.aslr + 1, 0, 3);
}

static void chosen_word_stands_in_brackets(void **state)
{
    (void)state;
    char word[16];
    assert_true(hm_machine_chosen("always [madvise] never", word, sizeof word));
    assert_string_equal(word, "madvise");
    assert_true(hm_machine_chosen("[always] madvise never", word, 4));
    assert_string_equal(word, "alw");
    assert_false(hm_machine_chosen("always madvise never", word, sizeof word));
    assert_string_equal(word, "");
    assert_false(hm_machine_chosen("always [madvise", word, sizeof word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_libc),
        cmocka_unit_test(caches_have_names_and_sizes),
        cmocka_unit_test(texts_end_and_have_no_line_ends),
        cmocka_unit_test(chosen_word_stands_in_brackets),
    };
    return cmocka_run_group_tests(tests, read_machine, NULL);
}

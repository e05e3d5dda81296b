/* Tests of bench/exec/testimony.h: what witnesses write is read whole or not at all. */
#include "cmocka_all.h"

#include "bench/exec/testimony.h"

#include <string.h>

#define ONE                                                                                        \
    "17\0"                                                                                         \
    "1000\0"                                                                                       \
    "sh\0"                                                                                         \
    "/usr/bin/dash\0"                                                                              \
    "/lib/libc.so.6\0"
#define TWO                                                                                        \
    "17\0"                                                                                         \
    "2000\0"                                                                                       \
    "ls\0"                                                                                         \
    "/usr/bin/ls\0"                                                                                \
    "/lib/liba.so\0"

static hm_exec_testimony parse(const char *text, size_t bytes)
{
    hm_exec_testimony testimony = {0};
    hm_exec_testimony_parse(&testimony, text, bytes);
    return testimony;
}

static void whole_records_are_read(void **state)
{
    static const char text[] = ONE TWO;
    HM_UNUSED(state);
    hm_exec_testimony testimony = parse(text, sizeof text - 1);
    assert_int_equal(testimony.count, 2);
    const hm_exec_word *last = hm_exec_testimony_last(&testimony, 17);
    assert_string_equal(last->name, "ls");
    assert_string_equal(last->malloc_file, "/lib/liba.so");
    assert_string_equal(hm_exec_testimony_of(&testimony, 1000)->executable, "/usr/bin/dash");
    assert_null(hm_exec_testimony_of(&testimony, 3000));
    assert_null(hm_exec_testimony_last(&testimony, 18));
    hm_exec_testimony_clear(&testimony);
    assert_int_equal(testimony.count, 0);
}

static void a_record_cut_anywhere_is_left_out(void **state)
{
    static const char text[] = ONE TWO;
    HM_UNUSED(state);
    for (size_t bytes = 0; bytes < sizeof text - 1; bytes++) {
        hm_exec_testimony testimony = parse(text, bytes);
        assert_int_equal(testimony.count, bytes >= sizeof ONE - 1 ? 1 : 0);
        hm_exec_testimony_clear(&testimony);
    }
}

static void names_may_hold_anything(void **state)
{
    static const char text[] = "1\0"
                               "2\0"
                               "a\nb\t\xff\0"
                               "/odd\n name\0"
                               "?\0";
    HM_UNUSED(state);
    hm_exec_testimony testimony = parse(text, sizeof text - 1);
    assert_int_equal(testimony.count, 1);
    assert_string_equal(testimony.words[0].executable, "/odd\n name");
    hm_exec_testimony_clear(&testimony);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_records_are_read),
        cmocka_unit_test(a_record_cut_anywhere_is_left_out),
        cmocka_unit_test(names_may_hold_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of the checks that no file alone decides: the view's own questions are answered by hand. */
#include "cmocka_all.h"

#include "bench/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/heapmark-test-XXXXXX";
static char *const no_environment[] = {NULL};

static void write_stat(unsigned long busy, unsigned long idle)
{
    char path[128];
    snprintf(path, sizeof path, "%s/proc/stat", root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\ncpu0 1 1 1 1\n", busy, idle);
    fclose(file);
}

static int make_root(void **state)
{
    char path[128];
    HM_UNUSED(state);
    if (mkdtemp(root) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/proc", root);
    return mkdir(path, 0777);
}

static int remove_root(void **state)
{
    char path[128];
    HM_UNUSED(state);
    snprintf(path, sizeof path, "%s/proc/stat", root);
    unlink(path);
    snprintf(path, sizeof path, "%s/proc", root);
    return rmdir(path) || rmdir(root);
}

static unsigned long next_busy, next_idle;

static void let_time_pass(void)
{
    write_stat(next_busy, next_idle);
}

static hm_doctor_finding look(const char *name, const hm_doctor_view *view)
{
    hm_doctor_finding finding = {0};
    hm_doctor_find(name)->look(view, &finding);
    return finding;
}

static hm_doctor_finding look_at_cpu(unsigned long busy, unsigned long idle)
{
    const hm_doctor_view view = {
        .root = root, .environment = no_environment, .pause = let_time_pass};
    write_stat(1000, 1000);
    next_busy = 1000 + busy;
    next_idle = 1000 + idle;
    return look("foreign_cpu", &view);
}

static void others_are_felt_from_a_twentieth_on(void **state)
{
    HM_UNUSED(state);
    hm_doctor_finding quiet = look_at_cpu(4, 96);
    assert_int_equal(quiet.verdict, HM_DOCTOR_OK);
    assert_string_equal(quiet.value, "4.0 % of all CPU time");
    hm_doctor_finding busy = look_at_cpu(40, 60);
    assert_int_equal(busy.verdict, HM_DOCTOR_WARN);
    assert_string_equal(busy.value, "40.0 % of all CPU time");
    assert_non_null(strstr(busy.remedy, "top"));
}

static bool yes(void)
{
    return true;
}

static bool no(void)
{
    return false;
}

static void counters_are_tried(void **state)
{
    HM_UNUSED(state);
    hm_doctor_view view = {.root = root, .environment = no_environment, .count_cycles = yes};
    assert_int_equal(look("hardware_counters", &view).verdict, HM_DOCTOR_OK);
    view.count_cycles = no;
    hm_doctor_finding without = look("hardware_counters", &view);
    assert_int_equal(without.verdict, HM_DOCTOR_WARN);
    assert_string_equal(without.value, "the kernel has no perf events");
}

static int64_t bytes_left;

static int64_t free_bytes(const char *folder)
{
    assert_string_equal(folder, "here");
    return bytes_left;
}

static void a_full_disk_is_seen(void **state)
{
    static const struct {
        int64_t bytes;
        hm_doctor_verdict verdict;
    } cases[] = {{INT64_C(1) << 30, HM_DOCTOR_OK},
                 {(INT64_C(1) << 30) - 1, HM_DOCTOR_WARN},
                 {0, HM_DOCTOR_WARN},
                 {-1, HM_DOCTOR_CANNOT_TELL}};
    const hm_doctor_view view = {
        .root = "", .environment = no_environment, .folder = "here", .free_bytes = free_bytes};
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        bytes_left = cases[index].bytes;
        hm_doctor_finding finding = look("disk", &view);
        assert_int_equal(finding.verdict, cases[index].verdict);
        assert_int_equal(finding.remedy[0] != '\0', finding.verdict == HM_DOCTOR_WARN);
    }
}

static void a_long_environment_is_cut_not_overrun(void **state)
{
    char *environment[41];
    char settings[40][32];
    HM_UNUSED(state);
    for (int index = 0; index < 40; index++) {
        snprintf(settings[index], sizeof settings[index], "MALLOC_SETTING_%d=1", index);
        environment[index] = settings[index];
    }
    environment[40] = NULL;
    const hm_doctor_view view = {.root = "", .environment = environment};
    hm_doctor_finding finding = look("environment", &view);
    assert_int_equal(finding.verdict, HM_DOCTOR_WARN);
    assert_memory_equal(finding.remedy, "unset MALLOC_SETTING_0 MALLOC_SETTING_1", 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_felt_from_a_twentieth_on),
        cmocka_unit_test(counters_are_tried),
        cmocka_unit_test(a_full_disk_is_seen),
        cmocka_unit_test(a_long_environment_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}

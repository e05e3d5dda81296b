#include "bench/doctor/doctor.h"

#include "bench/measure/proc_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const hm_doctor_check checks[] = {
#define HM_DOCTOR_CHECK(name, title, why) {#name, title, why, hm_doctor_look_##name},
#include "bench/doctor/checks.def"
#undef HM_DOCTOR_CHECK
};

const hm_doctor_check *hm_doctor_checks(size_t *count)
{
    *count = HM_COUNT_OF(checks);
    return checks;
}

const hm_doctor_check *hm_doctor_find(const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(checks); index++) {
        if (strcmp(checks[index].name, name) == 0)
            return &checks[index];
    }
    return NULL;
}

const char *hm_doctor_verdict_name(hm_doctor_verdict verdict)
{
    static const char *const names[] = {"ok", "warn", "cannot tell"};
    return names[verdict];
}

void hm_doctor_say(hm_doctor_finding *finding, hm_doctor_verdict verdict, const char *format, ...)
{
    va_list arguments;
    finding->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(finding->value, sizeof finding->value, format, arguments);
    va_end(arguments);
}

void hm_doctor_advise(hm_doctor_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->remedy, sizeof finding->remedy, format, arguments);
    va_end(arguments);
}

/** The path below the root; false: it is too long. */
static bool below(const hm_doctor_view *view, const char *path, char *whole, size_t size)
{
    int length = snprintf(whole, size, "%s%s", view->root, path);
    return length > 0 && (size_t)length < size;
}

bool hm_doctor_line(const hm_doctor_view *view, const char *path, char *text, size_t size)
{
    char whole[4096];
    text[0] = '\0';
    return below(view, path, whole, sizeof whole) && hm_proc_read_line(whole, text, size);
}

bool hm_doctor_text(const hm_doctor_view *view, const char *path, char *text, size_t size)
{
    char whole[4096];
    text[0] = '\0';
    return below(view, path, whole, sizeof whole) && hm_proc_read_file(whole, text, size);
}

bool hm_doctor_there(const hm_doctor_view *view, const char *path)
{
    char whole[4096];
    return below(view, path, whole, sizeof whole) && access(whole, F_OK) == 0;
}

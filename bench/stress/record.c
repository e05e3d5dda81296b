#include "bench/stress/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void hm_stress_machine_refuses(const char *what)
{
    perror(what);
    _exit(HM_STRESS_EXIT_MACHINE);
}

hm_stress_record *hm_stress_record_new(void)
{
    void *record = mmap(NULL, sizeof(hm_stress_record), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED)
        hm_stress_machine_refuses("the record of a stress process");
    return record;
}

void hm_stress_record_free(hm_stress_record *record)
{
    munmap(record, sizeof *record);
}

void hm_stress_record_defect(hm_stress_record *record, unsigned thread, hm_stress_defect kind,
                             const char *format, ...)
{
    if (!atomic_exchange(&record->found, true)) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(record->defect, sizeof record->defect, format, arguments);
        va_end(arguments);
        record->kind = kind;
        record->at = atomic_load(&record->progress[thread].operations);
        record->in = (hm_stress_call)atomic_load(&record->progress[thread].in);
    }
    _exit(HM_STRESS_EXIT_DEFECT);
}

void hm_stress_record_note(hm_stress_record *record, hm_stress_defect kind, const char *format, ...)
{
    va_list arguments;
    if (atomic_exchange(&record->noted, true))
        return;
    va_start(arguments, format);
    vsnprintf(record->note, sizeof record->note, format, arguments);
    va_end(arguments);
    record->note_kind = kind;
}

const char *hm_stress_record_name(const hm_stress_record *record, char *text, size_t size)
{
    bool with_call = record->kind == HM_STRESS_CRASH || record->kind == HM_STRESS_HANG ||
                     record->kind == HM_STRESS_LEFT;
    snprintf(text, size, "%s%s%s", hm_stress_defect_name(record->kind), with_call ? " in " : "",
             with_call ? hm_stress_call_name(record->in) : "");
    return text;
}

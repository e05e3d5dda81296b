#include "record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

shadow_record *shadow_record_new(void)
{
    void *record = mmap(NULL, sizeof(shadow_record), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED) {
        perror("shadow: the record");
        exit(3);
    }
    return record;
}

void shadow_record_defect(shadow_record *record, unsigned thread, const char *format, ...)
{
    if (!atomic_exchange(&record->found, true)) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(record->defect, sizeof record->defect, format, arguments);
        va_end(arguments);
        snprintf(record->kind, sizeof record->kind, "%s", format);
        record->at = atomic_load(&record->progress[thread].operations);
    }
    _exit(SHADOW_EXIT_DEFECT);
}

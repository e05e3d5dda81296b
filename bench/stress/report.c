#include "bench/stress/report.h"

#include "bench/stress/objects/operation.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_SHOWN = 40 };

void hm_stress_report_operation(FILE *stream, const hm_stress_result *result,
                                const hm_stress_operation *operation, hm_stress_fullness *slots)
{
    if (*result->collector != '\0')
        hm_objects_print(stream, operation);
    else
        hm_stress_operation_print(stream, operation, slots);
}

static void print_label(const hm_stress_result *result)
{
    bool objects = *result->collector != '\0';
    printf("%s%s%s: ", result->spec.label, objects ? " with " : "", result->collector);
}

static void print_sequence(const hm_stress_result *result)
{
    hm_stress_fullness *slots = calloc(1, sizeof *slots);
    if (result->sequence_count == 0) {
        printf("  it takes no random operation\n");
        free(slots);
        return;
    }
    printf("  the shortest sequence found that shows it, %zu operation(s):\n",
           result->sequence_count);
    for (size_t index = 0; slots != NULL && index < result->sequence_count && index < MOST_SHOWN;
         index++) {
        printf("  %6zu  ", index + 1);
        hm_stress_report_operation(stdout, result, &result->sequence[index], slots);
        printf("\n");
    }
    if (result->sequence_count > MOST_SHOWN)
        printf("          … and %zu more\n", result->sequence_count - MOST_SHOWN);
    free(slots);
}

static void print_place(const hm_stress_result *result)
{
    const hm_stress_task *task = &result->task;
    if (task->program == HM_STRESS_RETENTION)
        printf("  where memory that stays behind is measured\n");
    else if (task->program == HM_STRESS_PACE)
        printf("  where calls are timed\n");
    else
        printf("  at operation %llu of seed 0x%llx, %u thread(s)\n", (unsigned long long)result->at,
               (unsigned long long)task->seed, task->threads);
}

static void print_defect(const hm_stress_result *result)
{
    print_label(result);
    printf("DEFECT: %s\n  %s\n", result->name, result->text);
    print_place(result);
    if (result->sequence != NULL)
        print_sequence(result);
    else if (result->repeated)
        printf("  seen with as few as %llu operations; threads take turns anew each time\n",
               (unsigned long long)result->fewest);
    printf("  again: %s\n", result->again);
}

void hm_stress_report_details(const hm_stress_result *result)
{
    if (result->has_defect)
        print_defect(result);
    for (size_t index = 0; index < result->finding_count; index++) {
        print_label(result);
        printf("finding: %s: %s\n", result->findings[index].name, result->findings[index].text);
    }
    fflush(stdout);
}

static const char *verdict(const hm_stress_result *result, char *text, size_t size)
{
    if (result->absent != NULL)
        snprintf(text, size, "absent: %s", result->absent);
    else if (result->passed_over)
        snprintf(text, size, "not tried: its allocator has a defect");
    else if (result->has_defect)
        snprintf(text, size, "DEFECT: %s", result->name);
    else if (result->episodes == 0)
        snprintf(text, size, "not tried");
    else
        snprintf(text, size, "no defect%s", result->finding_count > 0 ? ", see findings" : "");
    return text;
}

static void print_row(const hm_stress_result *result)
{
    char text[256];
    double rate = result->seconds > 0 ? (double)result->operations / result->seconds : 0;
    printf("%-16s ", result->spec.label);
    if (*result->collector != '\0')
        printf("%-16s ", result->collector);
    printf("%12llu %12llu %10.0f %8llu %6llu %9zu  %s\n", (unsigned long long)result->operations,
           (unsigned long long)result->checks, rate, (unsigned long long)result->threads,
           (unsigned long long)result->forks, result->finding_count,
           verdict(result, text, sizeof text));
}

static void print_rows(const hm_stress_result *results, size_t count, bool objects)
{
    bool any = false;
    for (size_t index = 0; index < count; index++) {
        if ((*results[index].collector != '\0') != objects)
            continue;
        if (!any)
            printf("%-16s %s%12s %12s %10s %8s %6s %9s  %s\n", "back end",
                   objects ? "collector        " : "", "operations", "checks", "ops/s", "threads",
                   "forks", "findings", "verdict");
        any = true;
        print_row(&results[index]);
    }
}

void hm_stress_report_table(const hm_stress_result *results, size_t count)
{
    print_rows(results, count, false);
    print_rows(results, count, true);
}

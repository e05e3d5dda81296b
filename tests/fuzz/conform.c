/* Programs of `heapmark conform`: parsed, and run where they parse, within a budget of statements
 * and of bytes. The heap must be sound at the program's end and give everything back, which the
 * machine itself tells on stderr. */
#include "allocators/decorators.h"
#include "bench/conform/machine.h"
#include "bench/conform/parser.h"
#include "bench/conform/watch.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATEMENTS = 2000, LARGEST_BLOCK = 1 << 18 };

/* A libc that gives no block above LARGEST_BLOCK: `grow 1000000000` fails soon. */
static void *limited_malloc(size_t bytes)
{
    return bytes > LARGEST_BLOCK ? NULL : malloc(bytes);
}

static void *limited_calloc(size_t count, size_t bytes)
{
    return bytes != 0 && count > LARGEST_BLOCK / bytes ? NULL : calloc(count, bytes);
}

static void *limited_realloc(void *block, size_t bytes)
{
    return bytes > LARGEST_BLOCK ? NULL : realloc(block, bytes);
}

static const hm_allocator *watched_allocator(void)
{
    static const hm_allocator limited = {.malloc = limited_malloc,
                                         .free = free,
                                         .realloc = limited_realloc,
                                         .calloc = limited_calloc,
                                         .name = "limited"};
    static hm_allocator counted, watched;
    if (watched.malloc == NULL) {
        hm_count_decorate(&limited, &counted);
        hm_conform_watch_decorate(&counted, &watched);
    }
    return &watched;
}

static void run_programs(const hm_conform_file *file)
{
    static hm_collector_spec collector;
    hm_error error = {0};
    if (collector.collector == NULL)
        HM_CHECK(hm_collector_parse("generational", &collector, &error) == HM_OK);
    hm_conform_machine machine = {.allocator = watched_allocator(),
                                  .collector = &collector,
                                  .path = "fuzz",
                                  .most_statements = MOST_STATEMENTS};
    for (const hm_conform_program *program = file->first; program != NULL; program = program->next)
        hm_conform_run_program(&machine, program);
    hm_conform_machine_clear(&machine);
}

/* Whether a line of its own says so: a program may hold the very words. */
static bool tells_of_damage(const char *told)
{
    for (const char *line = told; line != NULL && *line != '\0';) {
        unsigned number;
        int length = 0;
        if (sscanf(line, "fuzz:%u: the heap is damaged%n", &number, &length) == 1 && length > 0)
            return true;
        length = 0;
        if (sscanf(line, "fuzz:%u: %*u blocks of %*u bytes are left%n", &number, &length) == 1 &&
            length > 0)
            return true;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return false;
}

/* Runs with both streams in memory, and looks for what must never be told. */
static void run_and_listen(const hm_conform_file *file)
{
    char *told = NULL;
    size_t length = 0;
    FILE *out = stdout, *err = stderr, *stream = open_memstream(&told, &length);
    HM_CHECK(stream != NULL);
    stdout = stream;
    stderr = stream;
    run_programs(file);
    stdout = out;
    stderr = err;
    fclose(stream);
    if (tells_of_damage(told))
        hm_check_failed(told, __FILE__, __LINE__, __func__);
    free(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hm_conform_file file = {0};
    hm_error error = {0};
    hm_status status = hm_conform_parse(&file, "fuzz", (const char *)data, size, &error);
    fuzz_check_refusal(status, &error);
    if (status == HM_OK)
        run_and_listen(&file);
    else
        HM_CHECK(status == HM_USAGE_ERROR && strncmp(error.message, "fuzz:", 5) == 0);
    hm_conform_arena_clear(&file.arena);
    return 0;
}

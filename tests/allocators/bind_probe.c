/**
 * This module is a program that binds one back end, uses it and says what it found, one
 * `key=value` a line, so that a test can look at a back end in a process of its own.
 *
 * Exit codes: 0 all is well, 1 the back end misbehaved, otherwise 10 + the hm_status of the bind.
 */
#include "allocators/backend.h"
#include "shadow.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

enum { STEPS = 20000, BULK_BLOCKS = 20000, BULK_BYTES = 1000 };

static hm_allocator allocator;
static void *bulk[BULK_BLOCKS];

static size_t resident_bytes(void)
{
    unsigned long mapped = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &mapped, &resident) != 2)
        exit(1);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static hm_allocator_stats read_stats(void)
{
    hm_allocator_stats stats = {HM_UNKNOWN_BYTES, HM_UNKNOWN_BYTES, HM_UNKNOWN_BYTES,
                                HM_UNKNOWN_BYTES};
    if (allocator.stats != NULL && !allocator.stats(&stats))
        exit(1);
    return stats;
}

static void print_stats(const char *when)
{
    hm_allocator_stats stats = read_stats();
    printf("%s_allocated=%lld\n%s_active=%lld\n%s_resident=%lld\n%s_metadata=%lld\n%s_rss=%zu\n",
           when, (long long)stats.allocated_bytes, when, (long long)stats.active_bytes, when,
           (long long)stats.resident_bytes, when, (long long)stats.metadata_bytes, when,
           resident_bytes());
}

static void *use_in_thread(void *seed)
{
    shadow *model = calloc(1, sizeof *model);
    if (model == NULL)
        exit(1);
    shadow_start(model, &allocator, (uint64_t)(uintptr_t)seed, 100000);
    for (unsigned step = 0; step < STEPS; step++)
        shadow_step(model);
    shadow_finish(model);
    if (model->defect != NULL) {
        printf("defect=%s\n", model->defect);
        exit(1);
    }
    free(model);
    return NULL;
}

static void use(void)
{
    pthread_t threads[2];
    uint64_t seed = shadow_seed("bind_probe");
    use_in_thread((void *)(uintptr_t)seed);
    for (unsigned index = 0; index < 2; index++)
        pthread_create(&threads[index], NULL, use_in_thread, (void *)(uintptr_t)(seed + index));
    for (unsigned index = 0; index < 2; index++)
        pthread_join(threads[index], NULL);
}

/* 20 MB come, stay, go, and are purged; the account at each point is printed. */
static void use_in_bulk(void)
{
    print_stats("before");
    for (unsigned index = 0; index < BULK_BLOCKS; index++) {
        bulk[index] = allocator.malloc(BULK_BYTES);
        if (bulk[index] == NULL) {
            printf("defect=no memory\n");
            exit(1);
        }
        memset(bulk[index], 1, BULK_BYTES);
    }
    print_stats("full");
    for (unsigned index = 0; index < BULK_BLOCKS; index++)
        allocator.free(bulk[index]);
    print_stats("freed");
    if (allocator.purge != NULL)
        allocator.purge();
    print_stats("purged");
}

static void print_allocator(const hm_backend_spec *spec)
{
    char path[PATH_MAX];
    Dl_info process;
    hm_error error;
    void *process_malloc = dlsym(RTLD_DEFAULT, "malloc");
    printf("name=%s\nversion=%s\norigin=%s\nlinkage=%s\ncapabilities=%u\n", allocator.name,
           allocator.version, allocator.origin, hm_linkage_name(allocator.linkage),
           allocator.capabilities);
    if (hm_backend_probe(spec, path, sizeof path, &error) == HM_OK)
        printf("probe=%s\n", path);
    if (dladdr(process_malloc, &process) != 0)
        printf("process_malloc=%s\n", process.dli_fname);
}

/* What the capability bits say must be what the slots say. */
static bool capabilities_are_true(void)
{
    uint32_t bits = allocator.capabilities;
    return ((bits & HM_ALLOCATOR_USABLE_SIZE) != 0) == (allocator.usable_size != NULL) &&
           ((bits & HM_ALLOCATOR_STATS) != 0) == (allocator.stats != NULL) &&
           ((bits & HM_ALLOCATOR_PURGE) != 0) == (allocator.purge != NULL) &&
           ((bits & HM_ALLOCATOR_SIZED_FREE) != 0) == (allocator.free_sized != NULL) &&
           ((bits & HM_ALLOCATOR_ALIGNED) != 0) == (allocator.aligned_alloc != NULL);
}

static int bind_and_use(const hm_backend_spec *spec)
{
    hm_error error = {.status = HM_OK};
    hm_allocator second;
    hm_status status = hm_backend_bind(spec, &allocator, &error);
    if (status != HM_OK) {
        printf("error=%s\n", error.message);
        return 10 + (int)status;
    }
    print_allocator(spec);
    fflush(stdout);
    if (!capabilities_are_true())
        return 1;
    use_in_bulk();
    use();
    printf("second=%d %s\n", hm_backend_bind(spec, &second, &error) == HM_USAGE_ERROR,
           error.message);
    return 0;
}

int main(int argc, char **argv)
{
    hm_backend_spec spec;
    hm_error error = {.status = HM_OK};
    if (argc != 2 || hm_backend_parse(argv[1], &spec, &error) != HM_OK)
        return 1;
    int exit_code = bind_and_use(&spec);
    hm_backend_spec_clear(&spec);
    return exit_code;
}

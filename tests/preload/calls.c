/**
 * This program is what libc promises of malloc and its kin, asked of whatever malloc the process
 * has: errno, sizes of zero, alignments, sizes that cannot be, second names. It prints a line for
 * each promise that is broken, and one with what the allocator tells of itself.
 *
 * Exit codes: 0 all is kept, 1 something is not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int broken;

static void expect(bool kept, const char *promise)
{
    if (!kept) {
        printf("broken: %s\n", promise);
        broken++;
    }
}

/* A wrong alignment that the compiler cannot see: clang 14 dies of one it sees. */
static size_t hidden(size_t value)
{
    volatile size_t kept = value;
    return kept;
}

#define EXPECT(condition) expect((condition), #condition)

/* The compiler must not know what is too large. */
static volatile size_t most = SIZE_MAX;

static bool fails(const void *block, int error)
{
    bool well = block == NULL && errno == error;
    errno = 0;
    return well;
}

static void sizes_of_zero(void)
{
    char *first = malloc(0), *second = malloc(0), *none = calloc(0, 8);
    EXPECT(first != NULL && second != NULL && first != second && none != NULL);
    free(first);
    free(none);
    EXPECT(realloc(second, 0) == NULL);
    first = realloc(NULL, 0);
    EXPECT(first != NULL && malloc_usable_size(first) >= 1);
    free(first);
    free(NULL);
    EXPECT(malloc_usable_size(NULL) == 0);
    EXPECT(reallocarray(malloc(100), 0, 8) == NULL);
    first = pvalloc(0);
    EXPECT(first != NULL && (uintptr_t)first % 4096 == 0);
    free(first);
}

static void sizes_that_cannot_be(void)
{
    char *block = malloc(100);
    void *untouched = block;
    memset(block, 7, 100);
    errno = 0;
    EXPECT(fails(malloc(most), ENOMEM));
    EXPECT(fails(malloc(most / 2 + 1), ENOMEM));
    EXPECT(fails(malloc(most / 2), ENOMEM));
    EXPECT(fails(calloc(most / 2 + 2, 2), ENOMEM));
    EXPECT(fails(realloc(block, most), ENOMEM));
    EXPECT(fails(reallocarray(block, most / 2 + 2, 2), ENOMEM));
    EXPECT(fails(valloc(most), ENOMEM));
    EXPECT(fails(pvalloc(most), ENOMEM));
    EXPECT(fails(memalign(64, most - 64), ENOMEM));
    EXPECT(posix_memalign(&untouched, 64, most - 64) == ENOMEM && untouched == block);
    errno = 0; /* glibc's posix_memalign sets it */
    EXPECT(block[0] == 7 && block[99] == 7);
    free(block);
}

static void alignments(void)
{
    void *block = NULL;
    for (size_t alignment = 8; alignment <= 8 << 20; alignment *= 2) {
        EXPECT(posix_memalign(&block, alignment, 40) == 0 && (uintptr_t)block % alignment == 0);
        free(block);
        block = aligned_alloc(alignment, 3 * alignment);
        EXPECT(block != NULL && (uintptr_t)block % alignment == 0);
        block = realloc(block, 5 * alignment);
        EXPECT(block != NULL && malloc_usable_size(block) >= 5 * alignment);
        free(block);
    }
    EXPECT(posix_memalign(&block, hidden(0), 8) == EINVAL &&
           posix_memalign(&block, hidden(4), 8) == EINVAL);
    EXPECT(posix_memalign(&block, hidden(24), 8) == EINVAL);
    block = memalign(hidden(48), 10); /* the next power of two is meant */
    EXPECT(block != NULL && (uintptr_t)block % 64 == 0);
    free(block);
    block = memalign(hidden(0), 10);
    EXPECT(block != NULL);
    free(block);
    EXPECT(fails(memalign(hidden(most), 10), EINVAL));
    block = valloc(10);
    EXPECT(block != NULL && (uintptr_t)block % 4096 == 0);
    free(block);
    block = pvalloc(4097);
    EXPECT(block != NULL && (uintptr_t)block % 4096 == 0 && malloc_usable_size(block) >= 8192);
    free(block);
}

/* Blocks of all sizes keep errno when they go, and their bytes when they grow. */
static void errno_and_bytes_stay(void)
{
    for (size_t bytes = 1; bytes <= (size_t)64 << 20; bytes *= 3) {
        unsigned char *block = malloc(bytes);
        block[0] = 1;
        block[bytes - 1] = 2;
        block = realloc(block, 2 * bytes + 1);
        expect(block[bytes - 1] == 2 && (bytes == 1 || block[0] == 1), "realloc keeps the bytes");
        errno = 77;
        free(block);
        expect(errno == 77, "free keeps errno");
    }
    errno = 0;
}

static void *find(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    expect(found != NULL, name);
    return found;
}

/* What libc calls its own by a second name is freed by the first, and the other way round. */
static void second_names(void)
{
    void *(*other_malloc)(size_t);
    void (*other_free)(void *);
    void *(*other_realloc)(void *, size_t);
    void *symbol = find("__libc_malloc");
    memcpy(&other_malloc, &symbol, sizeof symbol);
    symbol = find("__libc_free");
    memcpy(&other_free, &symbol, sizeof symbol);
    symbol = find("__libc_realloc");
    memcpy(&other_realloc, &symbol, sizeof symbol);
    free(other_realloc(other_malloc(100), 5000));
    other_free(malloc(100));
}

/* A thread that ends has libc free what it kept for the thread, after the thread's own destructors.
 */
static void *speak_of_an_error(void *argument)
{
    char text[100];
    dlopen("/nonexistent", RTLD_NOW);
    snprintf(text, sizeof text, "%s %s", strerror(12345), dlerror());
    free(malloc(100));
    return argument;
}

static void dead_threads_leave_nothing(void)
{
    struct mallinfo2 before = {0}, after;
    for (unsigned index = 0; index < 600; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, speak_of_an_error, NULL) != 0)
            break;
        pthread_join(thread, NULL);
        if (index == 99)
            before = mallinfo2();
    }
    after = mallinfo2();
    expect(after.arena <= before.arena + (4u << 20), "500 dead threads leave less than 4 MiB");
}

/* What the allocator tells follows what the program does. */
static void it_tells_of_itself(void)
{
    struct mallinfo2 before = mallinfo2(), after;
    char *text = NULL;
    size_t bytes = 0;
    void *blocks[1000], *large = malloc((size_t)8 << 20);
    for (unsigned index = 0; index < 1000; index++)
        blocks[index] = malloc(1000);
    after = mallinfo2();
    EXPECT(after.uordblks >= before.uordblks + 1000 * 1000);
    EXPECT(after.hblks == before.hblks + 1 && after.hblkhd >= before.hblkhd + (8u << 20));
    FILE *stream = open_memstream(&text, &bytes);
    EXPECT(malloc_info(0, stream) == 0 && malloc_info(1, stream) == EINVAL);
    fclose(stream);
    EXPECT(strstr(text, "<malloc version=") != NULL && strstr(text, "</malloc>") != NULL);
    printf("told: %.*s\n", (int)strcspn(text, "\n"), text);
    free(text);
    for (unsigned index = 0; index < 1000; index++)
        free(blocks[index]);
    free(large);
    malloc_trim(0);
}

int main(void)
{
    sizes_of_zero();
    sizes_that_cannot_be();
    alignments();
    errno_and_bytes_stay();
    second_names();
    dead_threads_leave_nothing();
    it_tells_of_itself();
    printf("%d promises broken\n", broken);
    return broken != 0;
}

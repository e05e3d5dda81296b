#include "bench/exec/output.h"

#include "base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 16, BUSY_BYTES = HM_EXEC_PIPE_BYTES / 4 };

void hm_exec_output_open(hm_exec_output *output)
{
    XXH3_state_t *hash = XXH3_createState();
    HM_CHECK(hash != NULL);
    XXH3_64bits_reset(hash);
    *output = (hm_exec_output){.hash = hash};
}

void hm_exec_output_clear(hm_exec_output *output)
{
    if (output->hash)
        XXH3_freeState(output->hash);
    *output = (hm_exec_output){0};
}

/** Reads once; 0: nothing is there now, negative: the end, and the pipe is closed. */
static ssize_t read_block(int *descriptor, char *block, size_t size)
{
    ssize_t bytes = read(*descriptor, block, size);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (bytes <= 0) {
        close(*descriptor);
        *descriptor = -1;
        return -1;
    }
    return bytes;
}

void hm_exec_output_drain(hm_exec_output *output, int *descriptor)
{
    char block[BLOCK_BYTES];
    ssize_t bytes;
    output->last_drained = 0;
    while (*descriptor >= 0 && (bytes = read_block(descriptor, block, sizeof block)) > 0) {
        XXH3_64bits_update(output->hash, block, (size_t)bytes);
        output->bytes += (uint64_t)bytes;
        output->last_drained += (uint64_t)bytes;
        if (output->last_drained > 4 * (uint64_t)HM_EXEC_PIPE_BYTES)
            break; /* it writes as fast as it is read: there are looks to take */
    }
}

bool hm_exec_output_is_busy(const hm_exec_output *output)
{
    return output->last_drained >= BUSY_BYTES;
}

uint64_t hm_exec_output_hash(const hm_exec_output *output)
{
    return XXH3_64bits_digest(output->hash);
}

/** A line of the dynamic linker about a library it could not preload. */
static void keep_loader_line(hm_exec_words *words)
{
    static const char start[] = "ERROR: ld.so:";
    if (*words->loader == '\0' && strncmp(words->last, start, sizeof start - 1) == 0)
        memcpy(words->loader, words->last, sizeof words->loader);
}

void hm_exec_words_add(hm_exec_words *words, const char *text, size_t bytes)
{
    size_t length = strlen(words->last);
    for (size_t index = 0; index < bytes; index++) {
        if (text[index] == '\n') {
            keep_loader_line(words);
            words->line_ended = true;
            continue;
        }
        if (words->line_ended)
            length = 0;
        words->line_ended = false;
        /* One line stays one line wherever it is printed. */
        if (length + 1 < sizeof words->last)
            words->last[length++] =
                (unsigned char)text[index] < ' ' || text[index] == 127 ? ' ' : text[index];
        words->last[length] = '\0';
    }
}

void hm_exec_words_drain(hm_exec_words *words, int *descriptor)
{
    char block[4096];
    ssize_t bytes;
    while (*descriptor >= 0 && (bytes = read_block(descriptor, block, sizeof block)) > 0)
        hm_exec_words_add(words, block, (size_t)bytes);
}

#include "bench/size_data.h"

#include "bench/strings.h"
#include "workloads/block_sizes.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILE_BYTES = 16 << 20, FIRST_BYTES = 1 << 14 };

#define FORM                                                                                       \
    "it must be {\"programs\": {NAME: {\"what\": TEXT, \"histogram\": [{\"size_to\": N, "          \
    "\"lifetimes\": [28 counts]}, ...]}}}"

static hm_size_data taken;

const hm_size_data *hm_size_data_taken(void)
{
    return &taken;
}

bool hm_size_data_is_drawn_from(const hm_workload *workload, const int64_t *values)
{
    for (unsigned index = 0; index < workload->parameter_count; index++) {
        if (workload->parameters[index].choices == hm_block_size_names &&
            values[index] >= HM_SIZES_PROGRAMS + HM_BUILT_IN_PROGRAMS)
            return true;
    }
    return false;
}

/* What the file is while it is read. */
typedef struct reader {
    const char *path;
    hm_error *error;
} reader;

/* "--size-data: FILE: program NAME: what is wrong". */
static hm_status wrong(const reader *self, const char *program, const char *what)
{
    return hm_error_set(self->error, HM_USAGE_ERROR, "--size-data: %.160s%s%.40s: %s", self->path,
                        *program ? ": program " : "", program, what);
}

/* All that the stream has, or more than is allowed; a new text with room for a 0. */
static char *read_stream(FILE *stream, size_t *bytes)
{
    char *text = NULL;
    *bytes = 0;
    for (size_t room = FIRST_BYTES; *bytes <= MOST_FILE_BYTES; room *= 2) {
        text = hm_grow(text, room + 1, 1);
        *bytes += fread(text + *bytes, 1, room - *bytes, stream);
        if (*bytes < room)
            break;
    }
    return text;
}

/* The whole file with a 0 behind it; NULL: told. */
static char *read_text(const reader *self, size_t *bytes)
{
    FILE *stream = fopen(self->path, "rb");
    char *text = stream == NULL ? NULL : read_stream(stream, bytes);
    bool read = false;
    if (text == NULL || ferror(stream))
        hm_error_set(self->error, HM_USAGE_ERROR,
                     "--size-data: %.200s cannot be read: %s; name a file of the form in "
                     "docs/allocation-profiles.md",
                     self->path, strerror(errno));
    else if (*bytes > MOST_FILE_BYTES)
        wrong(self, "", "it has more than 16 MiB, which no such file needs");
    else
        read = true;
    if (stream != NULL)
        fclose(stream);
    if (!read) {
        free(text);
        return NULL;
    }
    text[*bytes] = '\0';
    return text;
}

static void digest_of(const char *text, size_t bytes, char digest[HM_SIZE_DIGEST_BYTES])
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t index = 0; index < bytes; index++)
        hash = (hash ^ (unsigned char)text[index]) * 0x100000001b3u;
    snprintf(digest, HM_SIZE_DIGEST_BYTES, "fnv1a:%016llx", (unsigned long long)hash);
}

static hm_status read_bin(const reader *self, const char *program, const json_t *row,
                          hm_profile_bin *bin)
{
    const json_t *size = json_object_get(row, "size_to");
    const json_t *lifetimes = json_object_get(row, "lifetimes");
    json_int_t bytes = json_integer_value(size);
    if (!json_is_integer(size) || bytes < 1 || bytes > HM_PROFILE_MAX_BYTES)
        return wrong(self, program, "a size_to is not a whole number from 1 to 67108864");
    *bin = (hm_profile_bin){.size_to = (uint32_t)bytes};
    if (json_array_size(lifetimes) != HM_PROFILE_LIFETIMES)
        return wrong(self, program, "the lifetimes of a size_to are not a list of 28 counts");
    for (size_t index = 0; index < HM_PROFILE_LIFETIMES; index++) {
        const json_t *count = json_array_get(lifetimes, index);
        if (!json_is_integer(count) || json_integer_value(count) < 0)
            return wrong(self, program, "a lifetime's count is not a whole number from 0 up");
        bin->lifetimes[index] = (uint64_t)json_integer_value(count);
    }
    return HM_OK;
}

static void clear_program(hm_allocation_profile *program)
{
    free((void *)(uintptr_t)program->name);
    free((void *)(uintptr_t)program->what);
    free((void *)(uintptr_t)program->bins);
    *program = (hm_allocation_profile){0};
}

/* A program with memory of its own: the list of programs keeps it for good. */
static hm_status read_program(const reader *self, const char *name, const json_t *described,
                              hm_allocation_profile *program)
{
    const char *what = json_string_value(json_object_get(described, "what"));
    const json_t *rows = json_object_get(described, "histogram");
    size_t count = json_array_size(rows);
    *program = (hm_allocation_profile){0};
    if (what == NULL || strchr(what, '\n') != NULL || !json_is_array(rows))
        return wrong(self, name, "it has no \"what\" of one line or no list \"histogram\"; " FORM);
    if (count > HM_PROFILE_MAX_BINS)
        return wrong(self, name, "its histogram has more than 96 rows");
    char *own_name = hm_copy(name);
    for (char *at = own_name; (at = strchr(at, '_')) != NULL;)
        *at = '-';
    hm_profile_bin *bins = hm_grow(NULL, count + 1, sizeof *bins);
    *program = (hm_allocation_profile){own_name, hm_copy(what), bins, count};
    hm_status status = HM_OK;
    for (size_t index = 0; index < count && status == HM_OK; index++)
        status = read_bin(self, own_name, json_array_get(rows, index), &bins[index]);
    if (status != HM_OK)
        clear_program(program);
    return status;
}

static bool same_bins(const hm_allocation_profile *first, const hm_allocation_profile *second)
{
    bool same = first->bin_count == second->bin_count;
    for (size_t index = 0; same && index < first->bin_count; index++) {
        const hm_profile_bin *bin = &first->bins[index], *other = &second->bins[index];
        same = bin->size_to == other->size_to &&
               memcmp(bin->lifetimes, other->lifetimes, sizeof bin->lifetimes) == 0;
    }
    return same;
}

/* A built-in program's name may come again with the same numbers alone: one name is one work. */
static hm_status check_built_in(const reader *self, const hm_allocation_profile *program, bool *own)
{
    *own = true;
    for (size_t index = 0; index < HM_BUILT_IN_PROGRAMS; index++) {
        const hm_allocation_profile *built_in = hm_allocation_profile_at(index);
        if (strcmp(built_in->name, program->name) != 0)
            continue;
        *own = false;
        if (!same_bins(built_in, program))
            return wrong(self, program->name,
                         "it is built in with other numbers; give it another name");
    }
    return HM_OK;
}

/* Names that differ only by '_' and '-' are one. */
static bool is_added(const hm_allocation_profile *program)
{
    const hm_allocation_profile *added;
    for (size_t index = HM_BUILT_IN_PROGRAMS; (added = hm_allocation_profile_at(index)) != NULL;
         index++) {
        if (strcmp(added->name, program->name) == 0)
            return true;
    }
    return false;
}

/* Takes over the program: where it cannot be added it is freed. */
static hm_status add_program(const reader *self, hm_allocation_profile *program)
{
    hm_error why = {0};
    bool own;
    hm_status status = check_built_in(self, program, &own);
    if (status == HM_OK && is_added(program))
        status = wrong(self, program->name, "it is there twice, with '_' as '-'; rename one");
    if (status == HM_OK && own) {
        status = hm_allocation_profile_add(program, &why);
        if (status != HM_OK)
            wrong(self, "", why.message);
    }
    if (status != HM_OK || !own)
        clear_program(program);
    return status;
}

static hm_status add_programs(const reader *self, const json_t *document)
{
    const json_t *programs = json_object_get(document, "programs");
    if (!json_is_object(programs) || json_object_size(programs) == 0)
        return wrong(self, "", "it names no programs; " FORM);
    const char *name;
    json_t *described;
    json_object_foreach((json_t *)programs, name, described)
    {
        hm_allocation_profile program;
        if (read_program(self, name, described, &program) != HM_OK ||
            add_program(self, &program) != HM_OK)
            return HM_USAGE_ERROR;
    }
    return HM_OK;
}

static hm_status add_text(const reader *self, const char *text, size_t bytes)
{
    json_error_t where;
    json_t *document = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL)
        return hm_error_set(self->error, HM_USAGE_ERROR,
                            "--size-data: %.160s, line %d: %.120s; " FORM, self->path, where.line,
                            where.text);
    hm_status status = add_programs(self, document);
    json_decref(document);
    return status;
}

hm_status hm_size_data_take(const char *path, const char *digest, hm_error *error)
{
    reader self = {path, error};
    size_t bytes;
    if (taken.path[0] != '\0')
        return wrong(&self, "", "one file was given before; put all programs into one");
    char *text = read_text(&self, &bytes);
    if (text == NULL)
        return HM_USAGE_ERROR;
    hm_status status = HM_OK;
    digest_of(text, bytes, taken.digest);
    if (digest != NULL && strcmp(digest, taken.digest) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--size-data: %.200s is another file than before: %s, not %.30s; "
                              "bring that one back or start a new run",
                              path, taken.digest, digest);
    if (status == HM_OK)
        status = add_text(&self, text, bytes);
    if (status == HM_OK && realpath(path, taken.path) == NULL)
        status =
            hm_error_set(error, HM_USAGE_ERROR, "--size-data: %.200s: %s", path, strerror(errno));
    free(text);
    return status;
}

#include "bench/conform/text.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(hm_conform_text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    text->capacity = needed * 2 < 64 ? 64 : needed * 2;
    text->data = realloc(text->data, text->capacity);
    HM_CHECK(text->data != NULL);
}

void hm_conform_text_add(hm_conform_text *text, const char *bytes, size_t length)
{
    reserve(text, length);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void hm_conform_text_put(hm_conform_text *text, const char *string)
{
    hm_conform_text_add(text, string, strlen(string));
}

void hm_conform_text_format(hm_conform_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    HM_CHECK(length >= 0);
    reserve(text, (size_t)length);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    va_end(again);
    text->length += (size_t)length;
}

void hm_conform_text_separate(hm_conform_text *text, size_t beginning, const char *separator)
{
    if (text->length > beginning)
        hm_conform_text_put(text, separator);
}

const char *hm_conform_text_get(const hm_conform_text *text)
{
    return text->data == NULL ? "" : text->data;
}

void hm_conform_text_clear(hm_conform_text *text)
{
    free(text->data);
    *text = (hm_conform_text){0};
}

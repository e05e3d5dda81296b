#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

hm_status hm_error_set(hm_error *error, hm_status status, const char *format, ...)
{
    if (error == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

void hm_error_clear(hm_error *error)
{
    error->status = HM_OK;
    error->message[0] = '\0';
}

const char *hm_status_name(hm_status status)
{
    switch (status) {
    case HM_OK:
        return "ok";
    case HM_NO_MEMORY:
        return "MemoryError";
    case HM_TYPE_ERROR:
        return "TypeError";
    case HM_VALUE_ERROR:
        return "ValueError";
    case HM_INDEX_ERROR:
        return "IndexError";
    case HM_KEY_ERROR:
        return "KeyError";
    case HM_ATTRIBUTE_ERROR:
        return "AttributeError";
    case HM_REFERENCE_ERROR:
        return "ReferenceError";
    case HM_RUNTIME_ERROR:
        return "RuntimeError";
    case HM_USAGE_ERROR:
        return "usage";
    case HM_UNAVAILABLE:
        return "unavailable";
    case HM_IO_ERROR:
        return "input/output";
    case HM_WRONG_RESULT:
        return "wrong result";
    }
    return "unknown";
}

// How the functions of this target say what went wrong.
#ifndef C_IMAGE_CODECS_STATUS_H
#define C_IMAGE_CODECS_STATUS_H

#include <stdio.h>

#include "CImageCodecs.h"

static inline CICStatus cic_fail(CICStatus status, CICMessage *message, const char *text) {
    if (message == NULL) return status;
    snprintf(message->text, sizeof message->text, "%s", text);
    message->advice[0] = 0;
    return status;
}

// A valid file that is not read: what it is, and how to make one of it that is.
static inline CICStatus cic_refuse(CICMessage *message, const char *text, const char *advice) {
    cic_fail(CIC_UNSUPPORTED, message, text);
    if (message != NULL) snprintf(message->advice, sizeof message->advice, "%s", advice);
    return CIC_UNSUPPORTED;
}

static inline CICStatus cic_check_size(
    uint64_t width, uint64_t height, uint64_t max_pixels, CICMessage *message) {
    if (width == 0 || height == 0) {
        return cic_fail(CIC_DAMAGED, message, "the picture has no pixels");
    }
    if (width > max_pixels / height) {
        char text[128];
        snprintf(
            text, sizeof text, "%llu x %llu pixels, more than the %llu allowed",
            (unsigned long long)width, (unsigned long long)height, (unsigned long long)max_pixels);
        return cic_fail(CIC_TOO_LARGE, message, text);
    }
    return CIC_OK;
}

#endif

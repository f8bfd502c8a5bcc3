/// The C face of llama.cpp's Jinja engine, as far as chat templates need it.
///
/// Status codes. Every function that can fail returns a `CCTStatus` and hands its result out through its
/// last parameter. On failure this is left untouched, and `cct_last_error_message()` says why until the next
/// call on the same thread.
///
/// Ownership. A handle that comes out through an `out` parameter belongs to the caller, who frees it once
/// with the matching `_free` function (which accepts NULL). Strings passed in are UTF-8 of a given length
/// and are copied.
///
/// Threads. A template may render on any thread, one rendering at a time. No C++ exception leaves these
/// functions.
#ifndef C_CHAT_TEMPLATE_H
#define C_CHAT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t CCTStatus;
enum {
    CCT_OK = 0,
    /// The text is no template.
    CCT_ERR_SYNTAX = 1,
    /// The template refuses the conversation, or needs what the engine has not.
    CCT_ERR_RENDER = 2,
    /// An allocation failed.
    CCT_ERR_OOM = 3,
    /// A NULL handle or argument.
    CCT_ERR_INVALID_ARGUMENT = 4,
};

/// The message of the last failure on this thread; empty after a success. Never freed by the caller.
const char *cct_last_error_message(void);
/// The line, from 1, at which the last failure on this thread shows; 0 if that is not known.
size_t cct_last_error_line(void);

/// Bytes of UTF-8, which may hold zeros.
typedef struct {
    const char *data;
    size_t length;
} CCTText;

/// A piece of a turn: a text that someone wrote, or a picture.
typedef struct {
    bool is_image;
    CCTText text;
} CCTPart;

/// A turn.
typedef struct {
    CCTText role;
    const CCTPart *parts;
    size_t part_count;
    /// Whether the template gets one string instead of a list of parts.
    bool as_string;
} CCTMessage;

/// A name that the template may use.
typedef struct {
    CCTText name;
    CCTText value;
} CCTVariable;

typedef struct CCTTemplate CCTTemplate;
typedef struct CCTRendering CCTRendering;

/// Reads a template.
CCTStatus cct_template_create(CCTText source, CCTTemplate **out);
void cct_template_free(CCTTemplate *handle);

/// Renders a conversation as transformers does, without tools and documents.
///
/// `image` stands for a picture where a turn is one string. The date and time are not told.
CCTStatus cct_template_render(const CCTTemplate *handle, const CCTMessage *messages,
                              size_t message_count, const CCTVariable *variables,
                              size_t variable_count, CCTText image, bool add_generation_prompt,
                              CCTRendering **out);
/// How many parts a rendering has.
size_t cct_rendering_count(const CCTRendering *handle);
/// A part of a rendering; the text is valid until the rendering is freed. `is_said` tells whether all of it
/// comes from texts of the conversation.
CCTText cct_rendering_part(const CCTRendering *handle, size_t index, bool *is_said);
void cct_rendering_free(CCTRendering *handle);

#ifdef __cplusplus
}
#endif

#endif

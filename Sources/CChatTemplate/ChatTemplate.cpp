#include "CChatTemplate.h"

#if !__has_include(<jinja/parser.h>)
#error "llama.cpp's Jinja engine is not in .jinja: run scripts/setup"
#endif

#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <jinja/value.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

struct CCTTemplate {
    std::string source;
    jinja::program program;
};
struct CCTRendering {
    jinja::value_string text;
};

namespace {

struct Failure {
    std::string message;
    size_t line = 0;
};

Failure &lastFailure() noexcept {
    static thread_local Failure failure;
    return failure;
}

/// The engine's messages quote the template over several lines; this keeps the place and the reason.
Failure shortened(const std::string &message, const std::string &source) {
    Failure failure;
    const std::string error = "\nError: ", place = " at line ";
    if (const auto at = message.find(error); at != std::string::npos) {
        failure.message = message.substr(at + error.size());
        if (const auto line = message.find(place); line < at) {
            failure.line = std::strtoull(message.c_str() + line + place.size(), nullptr, 10);
        }
        return failure;
    }
    failure.message = message.substr(0, message.find('\n'));
    // A quotation ends with a mark below the place; the text before it tells where that is.
    const auto quote = message.find("\n..."), end = message.rfind("...\n");
    if (quote != std::string::npos && end != std::string::npos && quote + 4 < end) {
        std::string text = message.substr(quote + 4, end - quote - 4);
        const std::string mark = "↵";
        for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
            text.replace(at++, mark.size(), "\n");
        }
        const auto column = message.size() - (end + 4);
        const auto found = source.find(text);
        if (found != std::string::npos && source.find(text, found + 1) == std::string::npos) {
            const auto stop = source.begin() + static_cast<std::ptrdiff_t>(std::min(
                source.size(), found + std::min(column, text.size())));
            failure.line = 1 + static_cast<size_t>(std::count(source.begin(), stop, '\n'));
        }
    }
    return failure;
}

/// The only catch clauses of the shim.
template <typename Body>
CCTStatus guard(CCTStatus status, const std::string &source, Body &&body) noexcept {
    try {
        lastFailure() = Failure();
        body();
        return CCT_OK;
    } catch (const std::bad_alloc &) {
        lastFailure() = Failure{"out of memory", 0};
        return CCT_ERR_OOM;
    } catch (const std::invalid_argument &error) {
        lastFailure() = Failure{error.what(), 0};
        return CCT_ERR_INVALID_ARGUMENT;
    } catch (const std::exception &error) {
        lastFailure() = shortened(error.what(), source);
        return status;
    } catch (...) {
        // The engine leaves loops by exceptions of its own.
        lastFailure() = Failure{"break or continue outside of a loop", 0};
        return status;
    }
}

template <typename Pointer> auto &deref(Pointer *pointer) {
    if (pointer == nullptr) { throw std::invalid_argument("a required argument is NULL"); }
    return *pointer;
}

std::string string(CCTText text) {
    return text.length == 0 ? std::string() : std::string(&deref(text.data), text.length);
}

jinja::value said(CCTText text) {
    return jinja::mk_val<jinja::value_string>(jinja::string(string(text), true));
}

jinja::value plain(const std::string &text) {
    return jinja::mk_val<jinja::value_string>(text);
}

jinja::value content(const CCTMessage &message, CCTText image) {
    const auto *parts = message.part_count == 0 ? nullptr : &deref(message.parts);
    if (message.as_string) {
        jinja::string text;
        for (size_t index = 0; index < message.part_count; ++index) {
            const auto &part = parts[index];
            text.append(part.is_image ? jinja::string(string(image))
                                      : jinja::string(string(part.text), true));
        }
        return jinja::mk_val<jinja::value_string>(text);
    }
    auto list = jinja::mk_val<jinja::value_array>();
    for (size_t index = 0; index < message.part_count; ++index) {
        auto part = jinja::mk_val<jinja::value_object>();
        part->insert("type", plain(parts[index].is_image ? "image" : "text"));
        if (!parts[index].is_image) { part->insert("text", said(parts[index].text)); }
        list->push_back(part);
    }
    return list;
}

/// Numbers from one to another; no more of them than transformers' sandbox allows.
jinja::value range(const jinja::func_args &args) {
    double values[3] = {0, 0, 1};
    for (size_t index = 0; index < std::min<size_t>(args.count(), 3); ++index) {
        values[index] = args.get_pos(index)->as_float();
    }
    if (args.count() == 1) { std::swap(values[0], values[1]); }
    if (values[2] != 0 && (values[1] - values[0]) / values[2] > 100000) {
        throw jinja::raised_exception("a range of more than 100000 numbers");
    }
    return jinja::global_builtins().at("range")(args);
}

/// A template is a few pages of text; the engine needs stack for every operation in it.
constexpr size_t longest = 100000;

} // namespace

const char *cct_last_error_message(void) { return lastFailure().message.c_str(); }
size_t cct_last_error_line(void) { return lastFailure().line; }

CCTStatus cct_template_create(CCTText source, CCTTemplate **out) {
    std::string text;
    return guard(CCT_ERR_SYNTAX, text, [&] {
        deref(out);
        text = string(source);
        if (text.size() > longest) { throw std::runtime_error("longer than 100000 bytes"); }
        jinja::lexer lexer;
        auto program = jinja::parse_from_tokens(lexer.tokenize(text));
        *out = new CCTTemplate{text, std::move(program)};
    });
}

void cct_template_free(CCTTemplate *handle) { delete handle; }

CCTStatus cct_template_render(const CCTTemplate *handle, const CCTMessage *messages,
                              size_t message_count, const CCTVariable *variables,
                              size_t variable_count, CCTText image, bool add_generation_prompt,
                              CCTRendering **out) {
    static const std::string none;
    return guard(CCT_ERR_RENDER, handle == nullptr ? none : handle->source, [&] {
        const auto &chat = deref(handle);
        deref(out);
        jinja::context context(chat.source);
        // As the time would be: the engine reads the clock wherever nothing else has the name.
        context.set_val("strftime_now",
                        jinja::mk_val<jinja::value_func>(
                            "strftime_now", [](const jinja::func_args &) -> jinja::value {
                                throw jinja::raised_exception(
                                    "it asks for the date (strftime_now), which would make every "
                                    "day's prompts different");
                            }));
        context.set_val("range", jinja::mk_val<jinja::value_func>("range", range));
        context.set_val("tools", jinja::mk_val<jinja::value_none>());
        context.set_val("documents", jinja::mk_val<jinja::value_none>());
        context.set_val("add_generation_prompt",
                        jinja::mk_val<jinja::value_bool>(add_generation_prompt));
        for (size_t index = 0; index < variable_count; ++index) {
            const auto &variable = (&deref(variables))[index];
            context.set_val(string(variable.name), plain(string(variable.value)));
        }
        auto list = jinja::mk_val<jinja::value_array>();
        for (size_t index = 0; index < message_count; ++index) {
            const auto &message = (&deref(messages))[index];
            auto turn = jinja::mk_val<jinja::value_object>();
            turn->insert("role", plain(string(message.role)));
            turn->insert("content", content(message, image));
            list->push_back(turn);
        }
        context.set_val("messages", list);
        jinja::runtime runtime(context);
        const jinja::value_array results = runtime.execute(chat.program);
        *out = new CCTRendering{jinja::runtime::gather_string_parts(results)};
    });
}

size_t cct_rendering_count(const CCTRendering *handle) {
    return handle == nullptr ? 0 : handle->text->val_str.parts.size();
}

CCTText cct_rendering_part(const CCTRendering *handle, size_t index, bool *is_said) {
    if (handle == nullptr || index >= handle->text->val_str.parts.size()) { return CCTText{nullptr, 0}; }
    const auto &part = handle->text->val_str.parts[index];
    if (is_said != nullptr) { *is_said = part.is_input; }
    return CCTText{part.val.data(), part.val.size()};
}

void cct_rendering_free(CCTRendering *handle) { delete handle; }

// The only catch clauses of the shim: nothing C++ may unwind into Swift.
#pragma once

#include "CTorchShim.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Scalar.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct CTSTensor {
    at::Tensor value;
};
struct CTSGenerator {
    at::Generator value;
};

namespace cts {

std::string &lastError() noexcept;

/// The caller's own error, on its way through libtorch back to the caller.
std::shared_ptr<void> &lastCallerError() noexcept;

class CallerError : public std::exception {
public:
    explicit CallerError(std::shared_ptr<void> error) : error_(std::move(error)) {}
    const char *what() const noexcept override { return "the caller's own function failed"; }
    const std::shared_ptr<void> &error() const noexcept { return error_; }

private:
    std::shared_ptr<void> error_;
};

template <typename Body> CTSStatus guard(Body &&body) noexcept {
    try {
        lastError().clear();
        body();
        return CTS_OK;
    } catch (const CallerError &error) {
        lastError() = error.what();
        lastCallerError() = error.error();
        return CTS_ERR_CALLER;
    } catch (const c10::OutOfMemoryError &error) {
        lastError() = error.what_without_backtrace();
        return CTS_ERR_OOM;
    } catch (const c10::Error &error) {
        lastError() = error.what_without_backtrace();
        return CTS_ERR_TORCH;
    } catch (const std::bad_alloc &) {
        lastError() = "out of memory";
        return CTS_ERR_OOM;
    } catch (const std::invalid_argument &error) {
        lastError() = error.what();
        return CTS_ERR_INVALID_ARGUMENT;
    } catch (const std::exception &error) {
        lastError() = error.what();
        return CTS_ERR_INTERNAL;
    } catch (...) {
        lastError() = "unknown C++ exception";
        return CTS_ERR_INTERNAL;
    }
}

template <typename Pointer> auto &deref(Pointer *pointer) {
    if (pointer == nullptr) {
        throw std::invalid_argument("a required argument is NULL");
    }
    return *pointer;
}

/// Runs `body`, which returns a tensor, and hands it out as a new handle.
template <typename Body> CTSStatus produce(CTSTensor **out, Body &&body) noexcept {
    return guard([&] {
        deref(out);
        *out = new CTSTensor{body()};
    });
}

inline const at::Tensor &in(const CTSTensor *tensor) { return deref(tensor).value; }

inline std::optional<at::Tensor> optional(const CTSTensor *tensor) {
    return tensor == nullptr ? std::nullopt : std::optional<at::Tensor>(tensor->value);
}

inline at::IntArrayRef list(CTSIntList values) {
    if (values.count < 0 || (values.count > 0 && values.data == nullptr)) {
        throw std::invalid_argument("a list without data");
    }
    return {values.data, static_cast<size_t>(values.count)};
}

inline std::vector<at::Tensor> tensors(const CTSTensor *const *handles, int64_t count) {
    std::vector<at::Tensor> result;
    result.reserve(static_cast<size_t>(count));
    for (int64_t index = 0; index < count; ++index) {
        result.push_back(in(deref(handles + index)));
    }
    return result;
}

template <typename Number> void requireType(const at::Tensor &tensor) {
    if (tensor.scalar_type() != c10::CppTypeToScalarType<Number>::value) {
        throw std::logic_error("elements of another type");
    }
}

/// The elements of a contiguous tensor. libtorch's own accessors by type are constrained templates, whose
/// names in its library differ with the compiler that made it.
template <typename Number> const Number *elements(const at::Tensor &tensor) {
    requireType<Number>(tensor);
    return static_cast<const Number *>(tensor.const_data_ptr());
}
template <typename Number> Number *mutableElements(at::Tensor &tensor) {
    requireType<Number>(tensor);
    return static_cast<Number *>(tensor.mutable_data_ptr());
}

inline c10::Scalar scalar(CTSScalar value) {
    return value.is_integer ? c10::Scalar(value.integer) : c10::Scalar(value.real);
}

/// x · weightᵀ + bias, by the library that `cts_use_onednn` chose.
at::Tensor linear(const at::Tensor &x, const at::Tensor &weight,
                  const std::optional<at::Tensor> &bias);

c10::ScalarType scalarType(CTSDType dtype);
CTSDType dtypeCode(c10::ScalarType type);
c10::Device device(CTSDevice device);
inline at::TensorOptions options(CTSDType dtype, CTSDevice where) {
    return at::TensorOptions().dtype(scalarType(dtype)).device(device(where));
}

} // namespace cts
